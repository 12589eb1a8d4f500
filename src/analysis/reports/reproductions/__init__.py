"""Published studies made again: their printed numbers, and the same questions asked of this project's figures."""
