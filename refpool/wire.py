"""The one place where PyMySQL enters: payloads to values, values to SQL text, ERR packets to exceptions."""

from pymysql.converters import decoders

__all__ = ["decoders"]
