"""The data service: takes events, keeps each once, and makes tables of them."""

NAME = "data"
PORT = 8002
