"""Ballots: one durable yes of one viewer to one thing."""
