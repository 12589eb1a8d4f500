"""The years around a judgement."""
