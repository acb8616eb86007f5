"""How a purchase becomes an order: taken in, reserved in Redis, written to PostgreSQL, answered."""
