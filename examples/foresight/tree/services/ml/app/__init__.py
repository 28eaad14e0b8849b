"""The machine-learning service: simulate, train, score."""

NAME = "ml"
PORT = 8000
