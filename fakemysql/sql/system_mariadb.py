"""Columns of the tables and SHOWs of MariaDB 10.11.19, captured from one by tools/capture_system.py.

A table's columns are, a line each: name, a bar, then type, length in bytes of utf8mb4, flags, decimals, and "binary"
where it has no character set. Tables that are alike stand together. Lines of rows are JSON.
"""

from __future__ import annotations

from typing import Final

COLUMNS: Final = r"""
## information_schema.applicable_roles
GRANTEE|253 1540 0x1001 0
ROLE_NAME|253 512 0x1001 0
IS_GRANTABLE|253 12 0x1001 0
IS_DEFAULT|253 12 0x1000 0
## information_schema.character_sets
CHARACTER_SET_NAME|253 128 0x1001 0
DEFAULT_COLLATE_NAME|253 256 0x1001 0
DESCRIPTION|253 240 0x1001 0
MAXLEN|8 3 0x1001 0 binary
## information_schema.collations
COLLATION_NAME|253 256 0x1001 0
CHARACTER_SET_NAME|253 128 0x1000 0
ID|8 11 0x1000 0 binary
IS_DEFAULT|253 12 0x1000 0
IS_COMPILED|253 12 0x1001 0
SORTLEN|8 3 0x1001 0 binary
## information_schema.collation_character_set_applicability
COLLATION_NAME|253 256 0x1001 0
CHARACTER_SET_NAME|253 128 0x1001 0
FULL_COLLATION_NAME|253 256 0x1001 0
ID|8 11 0x1001 0 binary
IS_DEFAULT|253 12 0x1001 0
## information_schema.column_privileges
GRANTEE|253 1540 0x1001 0
TABLE_CATALOG|253 2048 0x1001 0
TABLE_SCHEMA|253 256 0x1001 0
TABLE_NAME|253 256 0x1001 0
COLUMN_NAME|253 256 0x1001 0
PRIVILEGE_TYPE|253 256 0x1001 0
IS_GRANTABLE|253 12 0x1001 0
## information_schema.enabled_roles
ROLE_NAME|253 512 0x1000 0
## information_schema.engines
ENGINE|253 256 0x1001 0
SUPPORT|253 32 0x1001 0
COMMENT|253 640 0x1001 0
TRANSACTIONS|253 12 0x1000 0
XA|253 12 0x1000 0
SAVEPOINTS|253 12 0x1000 0
## information_schema.events
EVENT_CATALOG|253 256 0x1001 0
EVENT_SCHEMA|253 256 0x1001 0
EVENT_NAME|253 256 0x1001 0
DEFINER|253 1536 0x1001 0
TIME_ZONE|253 256 0x1001 0
EVENT_BODY|253 32 0x1001 0
EVENT_DEFINITION|252 786420 0x1011 0
EVENT_TYPE|253 36 0x1001 0
EXECUTE_AT|12 19 0x1080 0 binary
INTERVAL_VALUE|253 1024 0x1000 0
INTERVAL_FIELD|253 72 0x1000 0
SQL_MODE|253 32768 0x1001 0
STARTS|12 19 0x1080 0 binary
ENDS|12 19 0x1080 0 binary
STATUS|253 72 0x1001 0
ON_COMPLETION|253 48 0x1001 0
CREATED|12 19 0x1081 0 binary
LAST_ALTERED|12 19 0x1081 0 binary
LAST_EXECUTED|12 19 0x1080 0 binary
EVENT_COMMENT|253 256 0x1001 0
ORIGINATOR|8 10 0x1001 0 binary
CHARACTER_SET_CLIENT|253 128 0x1001 0
COLLATION_CONNECTION|253 256 0x1001 0
DATABASE_COLLATION|253 256 0x1001 0
## information_schema.files
FILE_ID|8 4 0x1001 0 binary
FILE_NAME|253 2048 0x1000 0
FILE_TYPE|253 80 0x1001 0
TABLESPACE_NAME|253 256 0x1000 0
TABLE_CATALOG|253 256 0x1001 0
TABLE_SCHEMA|253 256 0x1000 0
TABLE_NAME|253 256 0x1000 0
LOGFILE_GROUP_NAME|253 256 0x1000 0
LOGFILE_GROUP_NUMBER|8 4 0x1000 0 binary
ENGINE|253 256 0x1001 0
FULLTEXT_KEYS|253 256 0x1000 0
DELETED_ROWS|8 4 0x1000 0 binary
UPDATE_COUNT|8 4 0x1000 0 binary
FREE_EXTENTS|8 4 0x1000 0 binary
TOTAL_EXTENTS|8 4 0x1000 0 binary
EXTENT_SIZE|8 4 0x1001 0 binary
INITIAL_SIZE|8 21 0x1020 0 binary
MAXIMUM_SIZE|8 21 0x1020 0 binary
AUTOEXTEND_SIZE|8 21 0x1020 0 binary
CREATION_TIME|12 19 0x1080 0 binary
LAST_UPDATE_TIME|12 19 0x1080 0 binary
LAST_ACCESS_TIME|12 19 0x1080 0 binary
RECOVER_TIME|8 4 0x1000 0 binary
TRANSACTION_COUNTER|8 4 0x1000 0 binary
VERSION|8 21 0x1020 0 binary
ROW_FORMAT|253 40 0x1000 0
TABLE_ROWS|8 21 0x1020 0 binary
AVG_ROW_LENGTH|8 21 0x1020 0 binary
DATA_LENGTH|8 21 0x1020 0 binary
MAX_DATA_LENGTH|8 21 0x1020 0 binary
INDEX_LENGTH|8 21 0x1020 0 binary
DATA_FREE|8 21 0x1020 0 binary
CREATE_TIME|12 19 0x1080 0 binary
UPDATE_TIME|12 19 0x1080 0 binary
CHECK_TIME|12 19 0x1080 0 binary
CHECKSUM|8 21 0x1020 0 binary
STATUS|253 80 0x1001 0
EXTRA|253 1020 0x1000 0
## information_schema.global_status, information_schema.global_variables, information_schema.session_status, information_schema.session_variables
VARIABLE_NAME|253 256 0x1001 0
VARIABLE_VALUE|253 16384 0x1001 0
## information_schema.key_column_usage
CONSTRAINT_CATALOG|253 2048 0x1001 0
CONSTRAINT_SCHEMA|253 256 0x1001 0
CONSTRAINT_NAME|253 256 0x1001 0
TABLE_CATALOG|253 2048 0x1001 0
TABLE_SCHEMA|253 256 0x1001 0
TABLE_NAME|253 256 0x1001 0
COLUMN_NAME|253 256 0x1001 0
ORDINAL_POSITION|8 10 0x1001 0 binary
POSITION_IN_UNIQUE_CONSTRAINT|8 10 0x1000 0 binary
REFERENCED_TABLE_SCHEMA|253 256 0x1000 0
REFERENCED_TABLE_NAME|253 256 0x1000 0
REFERENCED_COLUMN_NAME|253 256 0x1000 0
## information_schema.parameters
SPECIFIC_CATALOG|253 2048 0x1001 0
SPECIFIC_SCHEMA|253 256 0x1001 0
SPECIFIC_NAME|253 256 0x1001 0
ORDINAL_POSITION|3 21 0x1001 0 binary
PARAMETER_MODE|253 20 0x1000 0
PARAMETER_NAME|253 256 0x1000 0
DATA_TYPE|253 256 0x1001 0
CHARACTER_MAXIMUM_LENGTH|3 21 0x1000 0 binary
CHARACTER_OCTET_LENGTH|3 21 0x1000 0 binary
NUMERIC_PRECISION|3 21 0x1000 0 binary
NUMERIC_SCALE|3 21 0x1000 0 binary
DATETIME_PRECISION|8 21 0x1020 0 binary
CHARACTER_SET_NAME|253 256 0x1000 0
COLLATION_NAME|253 256 0x1000 0
DTD_IDENTIFIER|252 786420 0x1011 0
ROUTINE_TYPE|253 36 0x1001 0
## information_schema.partitions
TABLE_CATALOG|253 2048 0x1001 0
TABLE_SCHEMA|253 256 0x1001 0
TABLE_NAME|253 256 0x1001 0
PARTITION_NAME|253 256 0x1000 0
SUBPARTITION_NAME|253 256 0x1000 0
PARTITION_ORDINAL_POSITION|8 21 0x1020 0 binary
SUBPARTITION_ORDINAL_POSITION|8 21 0x1020 0 binary
PARTITION_METHOD|253 72 0x1000 0
SUBPARTITION_METHOD|253 48 0x1000 0
PARTITION_EXPRESSION|252 786420 0x1010 0
SUBPARTITION_EXPRESSION|252 786420 0x1010 0
PARTITION_DESCRIPTION|252 786420 0x1010 0
TABLE_ROWS|8 21 0x1021 0 binary
AVG_ROW_LENGTH|8 21 0x1021 0 binary
DATA_LENGTH|8 21 0x1021 0 binary
MAX_DATA_LENGTH|8 21 0x1020 0 binary
INDEX_LENGTH|8 21 0x1021 0 binary
DATA_FREE|8 21 0x1021 0 binary
CREATE_TIME|12 19 0x1080 0 binary
UPDATE_TIME|12 19 0x1080 0 binary
CHECK_TIME|12 19 0x1080 0 binary
CHECKSUM|8 21 0x1020 0 binary
PARTITION_COMMENT|253 320 0x1001 0
NODEGROUP|253 48 0x1001 0
TABLESPACE_NAME|253 256 0x1000 0
## information_schema.plugins
PLUGIN_NAME|253 256 0x1001 0
PLUGIN_VERSION|253 80 0x1001 0
PLUGIN_STATUS|253 64 0x1001 0
PLUGIN_TYPE|253 320 0x1001 0
PLUGIN_TYPE_VERSION|253 80 0x1001 0
PLUGIN_LIBRARY|253 256 0x1000 0
PLUGIN_LIBRARY_VERSION|253 80 0x1000 0
PLUGIN_AUTHOR|253 256 0x1000 0
PLUGIN_DESCRIPTION|252 786420 0x1010 0
PLUGIN_LICENSE|253 320 0x1001 0
LOAD_OPTION|253 256 0x1001 0
PLUGIN_MATURITY|253 48 0x1001 0
PLUGIN_AUTH_VERSION|253 320 0x1000 0
## information_schema.referential_constraints
CONSTRAINT_CATALOG|253 2048 0x1001 0
CONSTRAINT_SCHEMA|253 256 0x1001 0
CONSTRAINT_NAME|253 256 0x1001 0
UNIQUE_CONSTRAINT_CATALOG|253 2048 0x1001 0
UNIQUE_CONSTRAINT_SCHEMA|253 256 0x1001 0
UNIQUE_CONSTRAINT_NAME|253 256 0x1000 0
MATCH_OPTION|253 256 0x1001 0
UPDATE_RULE|253 256 0x1001 0
DELETE_RULE|253 256 0x1001 0
TABLE_NAME|253 256 0x1001 0
REFERENCED_TABLE_NAME|253 256 0x1000 0
## information_schema.routines
SPECIFIC_NAME|253 256 0x1001 0
ROUTINE_CATALOG|253 2048 0x1001 0
ROUTINE_SCHEMA|253 256 0x1001 0
ROUTINE_NAME|253 256 0x1001 0
ROUTINE_TYPE|253 52 0x1001 0
DATA_TYPE|253 256 0x1001 0
CHARACTER_MAXIMUM_LENGTH|3 21 0x1000 0 binary
CHARACTER_OCTET_LENGTH|3 21 0x1000 0 binary
NUMERIC_PRECISION|3 21 0x1000 0 binary
NUMERIC_SCALE|3 21 0x1000 0 binary
DATETIME_PRECISION|8 21 0x1020 0 binary
CHARACTER_SET_NAME|253 256 0x1000 0
COLLATION_NAME|253 256 0x1000 0
DTD_IDENTIFIER|252 786420 0x1010 0
ROUTINE_BODY|253 32 0x1001 0
ROUTINE_DEFINITION|252 786420 0x1010 0
EXTERNAL_NAME|253 256 0x1000 0
EXTERNAL_LANGUAGE|253 256 0x1000 0
PARAMETER_STYLE|253 32 0x1001 0
IS_DETERMINISTIC|253 12 0x1001 0
SQL_DATA_ACCESS|253 256 0x1001 0
SQL_PATH|253 256 0x1000 0
SECURITY_TYPE|253 28 0x1001 0
CREATED|12 19 0x1081 0 binary
LAST_ALTERED|12 19 0x1081 0 binary
SQL_MODE|253 32768 0x1001 0
ROUTINE_COMMENT|252 786420 0x1011 0
DEFINER|253 1536 0x1001 0
CHARACTER_SET_CLIENT|253 128 0x1001 0
COLLATION_CONNECTION|253 256 0x1001 0
DATABASE_COLLATION|253 256 0x1001 0
## information_schema.schema_privileges
GRANTEE|253 1540 0x1001 0
TABLE_CATALOG|253 2048 0x1001 0
TABLE_SCHEMA|253 256 0x1001 0
PRIVILEGE_TYPE|253 256 0x1001 0
IS_GRANTABLE|253 12 0x1001 0
## information_schema.table_constraints
CONSTRAINT_CATALOG|253 2048 0x1001 0
CONSTRAINT_SCHEMA|253 256 0x1001 0
CONSTRAINT_NAME|253 256 0x1001 0
TABLE_SCHEMA|253 256 0x1001 0
TABLE_NAME|253 256 0x1001 0
CONSTRAINT_TYPE|253 256 0x1001 0
## information_schema.table_privileges
GRANTEE|253 1540 0x1001 0
TABLE_CATALOG|253 2048 0x1001 0
TABLE_SCHEMA|253 256 0x1001 0
TABLE_NAME|253 256 0x1001 0
PRIVILEGE_TYPE|253 256 0x1001 0
IS_GRANTABLE|253 12 0x1001 0
## information_schema.triggers
TRIGGER_CATALOG|253 2048 0x1001 0
TRIGGER_SCHEMA|253 256 0x1001 0
TRIGGER_NAME|253 256 0x1001 0
EVENT_MANIPULATION|253 24 0x1001 0
EVENT_OBJECT_CATALOG|253 2048 0x1001 0
EVENT_OBJECT_SCHEMA|253 256 0x1001 0
EVENT_OBJECT_TABLE|253 256 0x1001 0
ACTION_ORDER|8 4 0x1001 0 binary
ACTION_CONDITION|252 786420 0x1010 0
ACTION_STATEMENT|252 786420 0x1010 0
ACTION_ORIENTATION|253 36 0x1001 0
ACTION_TIMING|253 24 0x1001 0
ACTION_REFERENCE_OLD_TABLE|253 256 0x1000 0
ACTION_REFERENCE_NEW_TABLE|253 256 0x1000 0
ACTION_REFERENCE_OLD_ROW|253 12 0x1001 0
ACTION_REFERENCE_NEW_ROW|253 12 0x1001 0
CREATED|12 22 0x1080 2 binary
SQL_MODE|253 32768 0x1001 0
DEFINER|253 1536 0x1000 0
CHARACTER_SET_CLIENT|253 128 0x1001 0
COLLATION_CONNECTION|253 256 0x1001 0
DATABASE_COLLATION|253 256 0x1001 0
## information_schema.views
TABLE_CATALOG|253 2048 0x1001 0
TABLE_SCHEMA|253 256 0x1001 0
TABLE_NAME|253 256 0x1001 0
VIEW_DEFINITION|252 786420 0x1011 0
CHECK_OPTION|253 32 0x1001 0
IS_UPDATABLE|253 12 0x1001 0
DEFINER|253 1536 0x1001 0
SECURITY_TYPE|253 28 0x1001 0
CHARACTER_SET_CLIENT|253 128 0x1001 0
COLLATION_CONNECTION|253 256 0x1001 0
ALGORITHM|253 40 0x1001 0
## information_schema.user_privileges
GRANTEE|253 1540 0x1001 0
TABLE_CATALOG|253 2048 0x1001 0
PRIVILEGE_TYPE|253 256 0x1001 0
IS_GRANTABLE|253 12 0x1001 0
## information_schema.innodb_trx
trx_id|8 21 0x1021 0 binary
trx_state|253 52 0x1001 0
trx_started|12 19 0x1081 0 binary
trx_requested_lock_id|253 324 0x1000 0
trx_wait_started|12 19 0x1080 0 binary
trx_weight|8 21 0x1021 0 binary
trx_mysql_thread_id|8 21 0x1021 0 binary
trx_query|253 4096 0x1000 0
trx_operation_state|253 256 0x1000 0
trx_tables_in_use|8 21 0x1021 0 binary
trx_tables_locked|8 21 0x1021 0 binary
trx_lock_structs|8 21 0x1021 0 binary
trx_lock_memory_bytes|8 21 0x1021 0 binary
trx_rows_locked|8 21 0x1021 0 binary
trx_rows_modified|8 21 0x1021 0 binary
trx_concurrency_tickets|8 21 0x1021 0 binary
trx_isolation_level|254 20 0x1101 0
trx_unique_checks|3 1 0x1001 0 binary
trx_foreign_key_checks|3 1 0x1001 0 binary
trx_last_foreign_key_error|253 1024 0x1000 0
trx_is_read_only|3 1 0x1001 0 binary
trx_autocommit_non_locking|3 1 0x1001 0 binary
## performance_schema.global_status, performance_schema.session_status
VARIABLE_NAME|253 256 0x1001 0
VARIABLE_VALUE|253 16384 0x0 0
## performance_schema.session_connect_attrs
PROCESSLIST_ID|3 11 0x1001 0 binary
ATTR_NAME|253 128 0x1081 0
ATTR_VALUE|253 4096 0x80 0
ORDINAL_POSITION|3 11 0x0 0 binary
## mysql.db
Host|254 1020 0x4083 0
Db|254 256 0x4083 0
User|254 512 0x408b 0
Select_priv|254 4 0x101 0
Insert_priv|254 4 0x101 0
Update_priv|254 4 0x101 0
Delete_priv|254 4 0x101 0
Create_priv|254 4 0x101 0
Drop_priv|254 4 0x101 0
Grant_priv|254 4 0x101 0
References_priv|254 4 0x101 0
Index_priv|254 4 0x101 0
Alter_priv|254 4 0x101 0
Create_tmp_table_priv|254 4 0x101 0
Lock_tables_priv|254 4 0x101 0
Create_view_priv|254 4 0x101 0
Show_view_priv|254 4 0x101 0
Create_routine_priv|254 4 0x101 0
Alter_routine_priv|254 4 0x101 0
Execute_priv|254 4 0x101 0
Event_priv|254 4 0x101 0
Trigger_priv|254 4 0x101 0
Delete_history_priv|254 4 0x101 0
## mysql.plugin
name|253 256 0x4003 0
dl|253 512 0x1 0
## mysql.time_zone_name
Name|254 256 0x5003 0
Time_zone_id|3 10 0x1021 0 binary
## mysql.user
Host|254 1020 0x4083 0
User|254 512 0x4083 0
plugin|251 4294967295 0x81 39
authentication_string|251 4294967295 0x81 39
password_expired|253 4 0x1 39
## SHOW EVENTS
Db|253 256 0x1001 0
Name|253 256 0x1001 0
Definer|253 1536 0x1001 0
Time zone|253 256 0x1001 0
Type|253 36 0x1001 0
Execute at|12 19 0x1080 0 binary
Interval value|253 1024 0x1000 0
Interval field|253 72 0x1000 0
Starts|12 19 0x1080 0 binary
Ends|12 19 0x1080 0 binary
Status|253 72 0x1001 0
Originator|8 10 0x1001 0 binary
character_set_client|253 128 0x1001 0
collation_connection|253 256 0x1001 0
Database Collation|253 256 0x1001 0
## SHOW TRIGGERS
Trigger|253 256 0x1001 0
Event|253 24 0x1001 0
Table|253 256 0x1001 0
Statement|252 786420 0x1010 0
Timing|253 24 0x1001 0
Created|12 22 0x1080 2 binary
sql_mode|253 32768 0x1001 0
Definer|253 1536 0x1000 0
character_set_client|253 128 0x1001 0
collation_connection|253 256 0x1001 0
Database Collation|253 256 0x1001 0
## SHOW PROCEDURE STATUS, SHOW FUNCTION STATUS
Db|253 256 0x1001 0
Name|253 256 0x1001 0
Type|253 52 0x1001 0
Definer|253 1536 0x1001 0
Modified|12 19 0x1081 0 binary
Created|12 19 0x1081 0 binary
Security_type|253 28 0x1001 0
Comment|252 786420 0x1011 0
character_set_client|253 128 0x1001 0
collation_connection|253 256 0x1001 0
Database Collation|253 256 0x1001 0
## SHOW OPEN TABLES
Database|253 256 0x1001 0
Table|253 256 0x1001 0
In_use|8 1 0x1001 0 binary
Name_locked|8 4 0x1001 0 binary
## SHOW MASTER STATUS
File|253 2048 0x1 39
Position|8 20 0xa1 0 binary
Binlog_Do_DB|253 1020 0x1 39
Binlog_Ignore_DB|253 1020 0x1 39
## SHOW SLAVE STATUS, SHOW REPLICA STATUS
Slave_IO_State|253 120 0x1 39
Master_Host|253 3064 0x1 39
Master_User|253 1540 0x1 39
Master_Port|3 7 0xa1 0 binary
Connect_Retry|3 10 0xa1 0 binary
Master_Log_File|253 2048 0x1 39
Read_Master_Log_Pos|8 10 0xa1 0 binary
Relay_Log_File|253 2048 0x1 39
Relay_Log_Pos|8 10 0xa1 0 binary
Relay_Master_Log_File|253 2048 0x1 39
Slave_IO_Running|253 12 0x1 39
Slave_SQL_Running|253 12 0x1 39
Replicate_Do_DB|253 80 0x1 39
Replicate_Ignore_DB|253 80 0x1 39
Replicate_Do_Table|253 80 0x1 39
Replicate_Ignore_Table|253 92 0x1 39
Replicate_Wild_Do_Table|253 96 0x1 39
Replicate_Wild_Ignore_Table|253 112 0x1 39
Last_Errno|3 4 0xa1 0 binary
Last_Error|253 80 0x1 39
Skip_Counter|3 10 0xa1 0 binary
Exec_Master_Log_Pos|8 10 0xa1 0 binary
Relay_Log_Space|8 10 0xa1 0 binary
Until_Condition|253 24 0x1 39
Until_Log_File|253 2048 0x1 39
Until_Log_Pos|8 10 0xa1 0 binary
Master_SSL_Allowed|253 28 0x1 39
Master_SSL_CA_File|253 2048 0x1 39
Master_SSL_CA_Path|253 2048 0x1 39
Master_SSL_Cert|253 2048 0x1 39
Master_SSL_Cipher|253 2048 0x1 39
Master_SSL_Key|253 2048 0x1 39
Seconds_Behind_Master|8 10 0xa1 0 binary
Master_SSL_Verify_Server_Cert|253 12 0x1 39
Last_IO_Errno|3 4 0xa1 0 binary
Last_IO_Error|253 80 0x1 39
Last_SQL_Errno|3 4 0xa1 0 binary
Last_SQL_Error|253 80 0x1 39
Replicate_Ignore_Server_Ids|253 2048 0x1 39
Master_Server_Id|3 8 0xa1 0 binary
Master_SSL_Crl|253 2048 0x1 39
Master_SSL_Crlpath|253 2048 0x1 39
Using_Gtid|253 44 0x1 39
Gtid_IO_Pos|253 120 0x1 39
Replicate_Do_Domain_Ids|253 2048 0x1 39
Replicate_Ignore_Domain_Ids|253 2048 0x1 39
Parallel_Mode|253 48 0x1 39
SQL_Delay|3 10 0xa1 0 binary
SQL_Remaining_Delay|3 8 0xa1 0 binary
Slave_SQL_Running_State|253 80 0x1 39
Slave_DDL_Groups|8 20 0xa1 0 binary
Slave_Non_Transactional_Groups|8 20 0xa1 0 binary
Slave_Transactional_Groups|8 20 0xa1 0 binary
Replicate_Rewrite_DB|253 92 0x1 39
## SHOW SLAVE HOSTS
Server_id|3 10 0xa1 0 binary
Host|253 80 0x1 39
Port|3 7 0xa1 0 binary
Master_id|3 10 0xa1 0 binary
## SHOW BINLOG EVENTS, SHOW RELAYLOG EVENTS
Log_name|253 80 0x1 39
Pos|8 21 0xa1 0 binary
Event_type|253 80 0x1 39
Server_id|3 10 0xa1 0 binary
End_log_pos|8 21 0xa1 0 binary
Info|253 80 0x1 39
## SHOW PRIVILEGES
Privilege|253 40 0x1 39
Context|253 60 0x1 39
Comment|253 256 0x1 39
## SHOW PROFILES
Query_ID|3 10 0xa1 0 binary
Duration|5 8 0xa1 0 binary
Query|253 160 0x1 39
## SHOW PROFILE
Status|253 120 0x1001 0
Duration|246 11 0x1001 6 binary
## SHOW COLLATION
Collation|253 256 0x1001 0
Charset|253 128 0x1000 0
Id|8 11 0x1000 0 binary
Default|253 12 0x1000 0
Compiled|253 12 0x1001 0
Sortlen|8 3 0x1001 0 binary
## SHOW CHARACTER SET
Charset|253 128 0x1001 0
Description|253 240 0x1001 0
Default collation|253 256 0x1001 0
Maxlen|8 3 0x1001 0 binary
## SHOW ENGINE INNODB STATUS
Type|253 40 0x1 39
Name|253 2048 0x1 39
Status|253 40 0x1 39
## SHOW PLUGINS
Name|253 256 0x1001 0
Status|253 64 0x1001 0
Type|253 320 0x1001 0
Library|253 256 0x1000 0
License|253 320 0x1001 0
## SHOW ENGINES
Engine|253 256 0x1001 0
Support|253 32 0x1001 0
Comment|253 640 0x1001 0
Transactions|253 12 0x1000 0
XA|253 12 0x1000 0
Savepoints|253 12 0x1000 0
## SHOW ALL SLAVES STATUS
Connection_name|253 768 0x1 39
Slave_SQL_State|253 120 0x1 39
Slave_IO_State|253 120 0x1 39
Master_Host|253 3064 0x1 39
Master_User|253 1540 0x1 39
Master_Port|3 7 0xa1 0 binary
Connect_Retry|3 10 0xa1 0 binary
Master_Log_File|253 2048 0x1 39
Read_Master_Log_Pos|8 10 0xa1 0 binary
Relay_Log_File|253 2048 0x1 39
Relay_Log_Pos|8 10 0xa1 0 binary
Relay_Master_Log_File|253 2048 0x1 39
Slave_IO_Running|253 12 0x1 39
Slave_SQL_Running|253 12 0x1 39
Replicate_Do_DB|253 80 0x1 39
Replicate_Ignore_DB|253 80 0x1 39
Replicate_Do_Table|253 80 0x1 39
Replicate_Ignore_Table|253 92 0x1 39
Replicate_Wild_Do_Table|253 96 0x1 39
Replicate_Wild_Ignore_Table|253 112 0x1 39
Last_Errno|3 4 0xa1 0 binary
Last_Error|253 80 0x1 39
Skip_Counter|3 10 0xa1 0 binary
Exec_Master_Log_Pos|8 10 0xa1 0 binary
Relay_Log_Space|8 10 0xa1 0 binary
Until_Condition|253 24 0x1 39
Until_Log_File|253 2048 0x1 39
Until_Log_Pos|8 10 0xa1 0 binary
Master_SSL_Allowed|253 28 0x1 39
Master_SSL_CA_File|253 2048 0x1 39
Master_SSL_CA_Path|253 2048 0x1 39
Master_SSL_Cert|253 2048 0x1 39
Master_SSL_Cipher|253 2048 0x1 39
Master_SSL_Key|253 2048 0x1 39
Seconds_Behind_Master|8 10 0xa1 0 binary
Master_SSL_Verify_Server_Cert|253 12 0x1 39
Last_IO_Errno|3 4 0xa1 0 binary
Last_IO_Error|253 80 0x1 39
Last_SQL_Errno|3 4 0xa1 0 binary
Last_SQL_Error|253 80 0x1 39
Replicate_Ignore_Server_Ids|253 2048 0x1 39
Master_Server_Id|3 8 0xa1 0 binary
Master_SSL_Crl|253 2048 0x1 39
Master_SSL_Crlpath|253 2048 0x1 39
Using_Gtid|253 44 0x1 39
Gtid_IO_Pos|253 120 0x1 39
Replicate_Do_Domain_Ids|253 2048 0x1 39
Replicate_Ignore_Domain_Ids|253 2048 0x1 39
Parallel_Mode|253 48 0x1 39
SQL_Delay|3 10 0xa1 0 binary
SQL_Remaining_Delay|3 8 0xa1 0 binary
Slave_SQL_Running_State|253 80 0x1 39
Slave_DDL_Groups|8 20 0xa1 0 binary
Slave_Non_Transactional_Groups|8 20 0xa1 0 binary
Slave_Transactional_Groups|8 20 0xa1 0 binary
Replicate_Rewrite_DB|253 92 0x1 39
Retried_transactions|3 10 0xa1 0 binary
Max_relay_log_size|8 10 0xa1 0 binary
Executed_log_entries|3 10 0xa1 0 binary
Slave_received_heartbeats|3 10 0xa1 0 binary
Slave_heartbeat_period|5 10 0x81 3 binary
Gtid_Slave_Pos|253 0 0x1 39
"""

ROWS: Final = r"""
## information_schema.engines
["CSV", "YES", "Stores tables as CSV files", "NO", "NO", "NO"]
["MRG_MyISAM", "YES", "Collection of identical MyISAM tables", "NO", "NO", "NO"]
["MEMORY", "YES", "Hash based, stored in memory, useful for temporary tables", "NO", "NO", "NO"]
["Aria", "YES", "Crash-safe tables with MyISAM heritage. Used for internal temporary tables and privilege tables", "NO", "NO", "NO"]
["MyISAM", "YES", "Non-transactional engine with good performance and small data footprint", "NO", "NO", "NO"]
["SEQUENCE", "YES", "Generated tables filled with sequential values", "YES", "NO", "YES"]
["InnoDB", "DEFAULT", "Supports transactions, row-level locking, foreign keys and encryption for tables", "YES", "YES", "YES"]
["PERFORMANCE_SCHEMA", "YES", "Performance Schema", "NO", "NO", "NO"]
## information_schema.plugins
["binlog", "1.0", "ACTIVE", "STORAGE ENGINE", "101119.0", null, null, "MySQL AB", "This is a pseudo storage engine to represent the binlog in a transaction", "GPL", "FORCE", "Stable", "1.0"]
["mysql_native_password", "1.0", "ACTIVE", "AUTHENTICATION", "2.2", null, null, "R.J.Silk, Sergei Golubchik", "Native MySQL authentication", "GPL", "FORCE", "Stable", "1.0"]
["mysql_old_password", "1.0", "ACTIVE", "AUTHENTICATION", "2.2", null, null, "R.J.Silk, Sergei Golubchik", "Old MySQL-4.0 authentication", "GPL", "FORCE", "Stable", "1.0"]
["CSV", "1.0", "ACTIVE", "STORAGE ENGINE", "101119.0", null, null, "Brian Aker, MySQL AB", "Stores tables as CSV files", "GPL", "FORCE", "Stable", "1.0"]
["MEMORY", "1.0", "ACTIVE", "STORAGE ENGINE", "101119.0", null, null, "MySQL AB", "Hash based, stored in memory, useful for temporary tables", "GPL", "FORCE", "Stable", "1.0"]
["Aria", "1.5", "ACTIVE", "STORAGE ENGINE", "101119.0", null, null, "MariaDB Corporation Ab", "Crash-safe tables with MyISAM heritage. Used for internal temporary tables and privilege tables", "GPL", "FORCE", "Stable", "1.5"]
["MyISAM", "1.0", "ACTIVE", "STORAGE ENGINE", "101119.0", null, null, "MySQL AB", "Non-transactional engine with good performance and small data footprint", "GPL", "FORCE", "Stable", "1.0"]
["MRG_MyISAM", "1.0", "ACTIVE", "STORAGE ENGINE", "101119.0", null, null, "MySQL AB", "Collection of identical MyISAM tables", "GPL", "FORCE", "Stable", "1.0"]
["SQL_SEQUENCE", "1.0", "ACTIVE", "STORAGE ENGINE", "101119.0", null, null, "jianwei.zhao @ Aliyun & Monty @ MariaDB corp", "Sequence Storage Engine for CREATE SEQUENCE", "GPL", "FORCE", "Stable", "1.0"]
["InnoDB", "10.11", "ACTIVE", "STORAGE ENGINE", "101119.0", null, null, "Oracle Corporation", "Supports transactions, row-level locking, foreign keys and encryption for tables", "GPL", "ON", "Stable", "10.11.19"]
["PERFORMANCE_SCHEMA", "0.1", "ACTIVE", "STORAGE ENGINE", "101119.0", null, null, "Marc Alff, Oracle", "Performance Schema", "GPL", "FORCE", "Stable", "5.7.31"]
["SEQUENCE", "1.0", "ACTIVE", "STORAGE ENGINE", "101119.0", null, null, "Sergei Golubchik", "Generated tables filled with sequential values", "GPL", "ON", "Stable", "0.1"]
["unix_socket", "1.0", "ACTIVE", "AUTHENTICATION", "2.2", null, null, "Sergei Golubchik", "Unix Socket based authentication", "GPL", "ON", "Stable", "1.0"]
["partition", "1.0", "ACTIVE", "STORAGE ENGINE", "101119.0", null, null, "Mikael Ronstrom, MySQL AB", "Partition Storage Engine Helper", "GPL", "ON", "Stable", "1.0"]
## SHOW PRIVILEGES
["Alter", "Tables", "To alter the table"]
["Alter routine", "Functions,Procedures", "To alter or drop stored functions/procedures"]
["Create", "Databases,Tables,Indexes", "To create new databases and tables"]
["Create routine", "Databases", "To use CREATE FUNCTION/PROCEDURE"]
["Create temporary tables", "Databases", "To use CREATE TEMPORARY TABLE"]
["Create view", "Tables", "To create new views"]
["Create user", "Server Admin", "To create new users"]
["Delete", "Tables", "To delete existing rows"]
["Delete history", "Tables", "To delete versioning table historical rows"]
["Drop", "Databases,Tables", "To drop databases, tables, and views"]
["Event", "Server Admin", "To create, alter, drop and execute events"]
["Execute", "Functions,Procedures", "To execute stored routines"]
["File", "File access on server", "To read and write files on the server"]
["Grant option", "Databases,Tables,Functions,Procedures", "To give to other users those privileges you possess"]
["Index", "Tables", "To create or drop indexes"]
["Insert", "Tables", "To insert data into tables"]
["Lock tables", "Databases", "To use LOCK TABLES (together with SELECT privilege)"]
["Process", "Server Admin", "To view the plain text of currently executing queries"]
["Proxy", "Server Admin", "To make proxy user possible"]
["References", "Databases,Tables", "To have references on tables"]
["Reload", "Server Admin", "To reload or refresh tables, logs and privileges"]
["Binlog admin", "Server", "To purge binary logs"]
["Binlog monitor", "Server", "To use SHOW BINLOG STATUS and SHOW BINARY LOG"]
["Binlog replay", "Server", "To use BINLOG (generated by mariadb-binlog)"]
["Replication master admin", "Server", "To monitor connected slaves"]
["Replication slave admin", "Server", "To start/stop slave and apply binlog events"]
["Slave monitor", "Server", "To use SHOW SLAVE STATUS and SHOW RELAYLOG EVENTS"]
["Replication slave", "Server Admin", "To read binary log events from the master"]
["Select", "Tables", "To retrieve rows from table"]
["Show databases", "Server Admin", "To see all databases with SHOW DATABASES"]
["Show view", "Tables", "To see views with SHOW CREATE VIEW"]
["Shutdown", "Server Admin", "To shut down the server"]
["Super", "Server Admin", "To use KILL thread, SET GLOBAL, CHANGE MASTER, etc."]
["Trigger", "Tables", "To use triggers"]
["Create tablespace", "Server Admin", "To create/alter/drop tablespaces"]
["Update", "Tables", "To update existing rows"]
["Set user", "Server", "To create views and stored routines with a different definer"]
["Federated admin", "Server", "To execute the CREATE SERVER, ALTER SERVER, DROP SERVER statements"]
["Connection admin", "Server", "To bypass connection limits and kill other users' connections"]
["Read_only admin", "Server", "To perform write operations even if @@read_only=ON"]
["Usage", "Server Admin", "No privileges - allow connect only"]
"""
