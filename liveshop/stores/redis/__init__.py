"""Redis, the speed layer: units, live reservations, gauges, chat tail, the bus between nodes.

It may lose everything at any moment: Postgres has the truth, and `SessionUnits.load` rebuilds.
"""
