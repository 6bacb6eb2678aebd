"""The SQLSTATE and the usual text of errors that tests like to script, by code.

The texts are what both servers say, with a plain word where theirs name a table, a key or a user. A code that is not
listed is scripted with a text of its own.
"""

from __future__ import annotations

from typing import Final

GENERAL: Final = "HY000"

KNOWN: Final[dict[int, tuple[str, str]]] = {
    1008: (GENERAL, "Can't drop database 'x'; database doesn't exist"),
    1020: (GENERAL, "Record has changed since last read in table 'x'"),
    1021: (GENERAL, "Disk full; waiting for someone to free some space..."),
    1036: (GENERAL, "Table 'x' is read only"),
    1037: ("HY001", "Out of memory; restart server and try again"),
    1040: ("08004", "Too many connections"),
    1042: ("08S01", "Can't get hostname for your address"),
    1043: ("08S01", "Bad handshake"),
    1044: ("42000", "Access denied for user 'x'@'localhost' to database 'x'"),
    1045: ("28000", "Access denied for user 'x'@'localhost' (using password: YES)"),
    1046: ("3D000", "No database selected"),
    1047: ("08S01", "Unknown command"),
    1048: ("23000", "Column 'x' cannot be null"),
    1049: ("42000", "Unknown database 'x'"),
    1050: ("42S01", "Table 'x' already exists"),
    1051: ("42S02", "Unknown table 'x'"),
    1053: ("08S01", "Server shutdown in progress"),
    1054: ("42S22", "Unknown column 'x' in 'field list'"),
    1062: ("23000", "Duplicate entry 'x' for key 'PRIMARY'"),
    1064: ("42000", "You have an error in your SQL syntax"),
    1065: ("42000", "Query was empty"),
    1078: (GENERAL, "Got a fatal error"),
    1094: (GENERAL, "Unknown thread id: 0"),
    1105: (GENERAL, "Unknown error"),
    1114: (GENERAL, "The table 'x' is full"),
    1129: (GENERAL, "Host 'x' is blocked because of many connection errors; unblock with 'mysqladmin flush-hosts'"),
    1130: (GENERAL, "Host 'x' is not allowed to connect to this server"),
    1136: ("21S01", "Column count doesn't match value count at row 1"),
    1142: ("42000", "SELECT command denied to user 'x'@'localhost' for table 'x'"),
    1146: ("42S02", "Table 'x' doesn't exist"),
    1152: ("08S01", "Aborted connection"),
    1153: ("08S01", "Got a packet bigger than 'max_allowed_packet' bytes"),
    1156: ("08S01", "Got packets out of order"),
    1158: ("08S01", "Got an error reading communication packets"),
    1159: ("08S01", "Got timeout reading communication packets"),
    1160: ("08S01", "Got an error writing communication packets"),
    1161: ("08S01", "Got timeout writing communication packets"),
    1184: ("08S01", "Aborted connection"),
    1203: ("42000", "User x already has more than 'max_user_connections' active connections"),
    1205: (GENERAL, "Lock wait timeout exceeded; try restarting transaction"),
    1206: (GENERAL, "The total number of locks exceeds the lock table size"),
    1213: ("40001", "Deadlock found when trying to get lock; try restarting transaction"),
    1216: ("23000", "Cannot add or update a child row: a foreign key constraint fails"),
    1217: ("23000", "Cannot delete or update a parent row: a foreign key constraint fails"),
    1226: ("42000", "User 'x' has exceeded the 'max_user_connections' resource (current value: 1)"),
    1227: ("42000", "Access denied; you need the SUPER privilege for this operation"),
    1235: ("42000", "This version doesn't yet support 'x'"),
    1264: ("22003", "Out of range value for column 'x' at row 1"),
    1290: (GENERAL, "The server is running with the --read-only option so it cannot execute this statement"),
    1292: ("22007", "Incorrect datetime value: 'x'"),
    1305: ("42000", "PROCEDURE x does not exist"),
    1317: ("70100", "Query execution was interrupted"),
    1364: (GENERAL, "Field 'x' doesn't have a default value"),
    1365: ("22012", "Division by 0"),
    1366: (GENERAL, "Incorrect string value: 'x' for column 'x' at row 1"),
    1370: ("42000", "execute command denied to user 'x'@'localhost' for routine 'x'"),
    1406: ("22001", "Data too long for column 'x' at row 1"),
    1412: (GENERAL, "Table definition has changed, please retry transaction"),
    1451: ("23000", "Cannot delete or update a parent row: a foreign key constraint fails"),
    1452: ("23000", "Cannot add or update a child row: a foreign key constraint fails"),
    1568: ("25001", "Transaction characteristics can't be changed while a transaction is in progress"),
    1614: ("XA102", "XA_RBDEADLOCK: Transaction branch was rolled back: deadlock was detected"),
    1615: (GENERAL, "Prepared statement needs to be re-prepared"),
    1644: ("45000", "Unhandled user-defined exception condition"),
    1690: ("22003", "BIGINT value is out of range"),
    1792: ("25006", "Cannot execute statement in a READ ONLY transaction"),
    1835: (GENERAL, "Malformed communication packet"),
    1836: (GENERAL, "Running in read-only mode"),
    1927: ("70100", "Connection was killed"),
    1969: ("70100", "Query execution was interrupted (max_statement_time exceeded)"),
    3024: (GENERAL, "Query execution was interrupted, maximum statement execution time exceeded"),
    3101: ("40000", "Plugin instructed the server to rollback the current transaction."),
    3572: (GENERAL, "Statement aborted because lock(s) could not be acquired immediately and NOWAIT is set."),
    3819: (GENERAL, "Check constraint 'x' is violated."),
    4031: (
        GENERAL,
        "The client was disconnected by the server because of inactivity. See wait_timeout and interactive_timeout for "
        "configuring this behavior.",
    ),
}
"""Code to SQLSTATE and text."""

ROLLS_BACK: Final = frozenset((1213, 1614, 3101))
"""Errors with which a server rolls the whole transaction back, not the statement alone."""
