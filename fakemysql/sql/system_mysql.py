"""Columns of the tables and SHOWs of MySQL 9.7.4, captured from one by tools/capture_system.py.

A table's columns are, a line each: name, a bar, then type, length in bytes of utf8mb4, flags, decimals, and "binary"
where it has no character set. Tables that are alike stand together. Lines of rows are JSON.
"""

from __future__ import annotations

from typing import Final

COLUMNS: Final = r"""
## information_schema.applicable_roles
USER|253 388 0x0 0
HOST|253 1024 0x0 0
GRANTEE|253 388 0x0 0
GRANTEE_HOST|253 1024 0x0 0
ROLE_NAME|253 1020 0x0 0
ROLE_HOST|253 1024 0x0 0
IS_GRANTABLE|253 12 0x1 0
IS_DEFAULT|253 12 0x0 0
IS_MANDATORY|253 12 0x1 0
## information_schema.character_sets
CHARACTER_SET_NAME|253 256 0x5005 0
DEFAULT_COLLATE_NAME|253 256 0x5005 0
DESCRIPTION|253 8192 0x1001 0
MAXLEN|3 10 0x1021 0 binary
## information_schema.collations
COLLATION_NAME|253 256 0x1001 0
CHARACTER_SET_NAME|253 256 0x1001 0
ID|8 20 0x21 0 binary
IS_DEFAULT|253 12 0x1 0
IS_COMPILED|253 12 0x1 0
SORTLEN|3 10 0x1021 0 binary
PAD_ATTRIBUTE|254 36 0x1181 0
## information_schema.collation_character_set_applicability
COLLATION_NAME|253 256 0x5005 0
CHARACTER_SET_NAME|253 256 0x5005 0
## information_schema.column_privileges
GRANTEE|253 1168 0x1 0
TABLE_CATALOG|253 2048 0x1 0
TABLE_SCHEMA|253 256 0x1 0
TABLE_NAME|253 256 0x1 0
COLUMN_NAME|253 256 0x1 0
PRIVILEGE_TYPE|253 256 0x1 0
IS_GRANTABLE|253 12 0x1 0
## information_schema.enabled_roles
ROLE_NAME|253 1020 0x0 0
ROLE_HOST|253 1020 0x0 0
IS_DEFAULT|253 12 0x0 0
IS_MANDATORY|253 12 0x1 0
## information_schema.engines
ENGINE|253 256 0x1 0
SUPPORT|253 32 0x1 0
COMMENT|253 320 0x1 0
TRANSACTIONS|253 12 0x0 0
XA|253 12 0x0 0
SAVEPOINTS|253 12 0x0 0
## information_schema.events
EVENT_CATALOG|253 256 0x5085 0
EVENT_SCHEMA|253 256 0x5081 0
EVENT_NAME|253 256 0x5001 0
DEFINER|253 1152 0x5089 0
TIME_ZONE|253 256 0x1081 0
EVENT_BODY|253 12 0x1 31
EVENT_DEFINITION|252 4294967295 0x1091 0
EVENT_TYPE|253 36 0x1 31
EXECUTE_AT|12 19 0x80 0 binary
INTERVAL_VALUE|253 1024 0x0 31
INTERVAL_FIELD|254 72 0x180 0
SQL_MODE|254 2184 0x1881 0
STARTS|12 19 0x80 0 binary
ENDS|12 19 0x80 0 binary
STATUS|253 84 0x81 31
ON_COMPLETION|253 48 0x1 31
CREATED|7 19 0x1081 0 binary
LAST_ALTERED|7 19 0x1081 0 binary
LAST_EXECUTED|12 19 0x80 0 binary
EVENT_COMMENT|253 8192 0x1081 0
ORIGINATOR|3 10 0x1021 0 binary
CHARACTER_SET_CLIENT|253 256 0x5005 0
COLLATION_CONNECTION|253 256 0x5005 0
DATABASE_COLLATION|253 256 0x5005 0
## information_schema.files
FILE_ID|8 21 0x80 0 binary
FILE_NAME|253 2056 0x80 31
FILE_TYPE|253 1024 0x0 31
TABLESPACE_NAME|253 1072 0x5085 0
TABLE_CATALOG|253 0 0x1 31
TABLE_SCHEMA|6 0 0x80 0 binary
TABLE_NAME|6 0 0x80 0 binary
LOGFILE_GROUP_NAME|253 1024 0x0 31
LOGFILE_GROUP_NUMBER|8 21 0x80 0 binary
ENGINE|253 256 0x1001 0
FULLTEXT_KEYS|6 0 0x80 0 binary
DELETED_ROWS|6 0 0x80 0 binary
UPDATE_COUNT|6 0 0x80 0 binary
FREE_EXTENTS|8 21 0x80 0 binary
TOTAL_EXTENTS|8 21 0x80 0 binary
EXTENT_SIZE|8 21 0x80 0 binary
INITIAL_SIZE|8 21 0x80 0 binary
MAXIMUM_SIZE|8 21 0x80 0 binary
AUTOEXTEND_SIZE|8 21 0x80 0 binary
CREATION_TIME|6 0 0x80 0 binary
LAST_UPDATE_TIME|6 0 0x80 0 binary
LAST_ACCESS_TIME|6 0 0x80 0 binary
RECOVER_TIME|6 0 0x80 0 binary
TRANSACTION_COUNTER|6 0 0x80 0 binary
VERSION|8 21 0x80 0 binary
ROW_FORMAT|253 1024 0x0 31
TABLE_ROWS|6 0 0x80 0 binary
AVG_ROW_LENGTH|6 0 0x80 0 binary
DATA_LENGTH|6 0 0x80 0 binary
MAX_DATA_LENGTH|6 0 0x80 0 binary
INDEX_LENGTH|6 0 0x80 0 binary
DATA_FREE|8 21 0x80 0 binary
CREATE_TIME|6 0 0x80 0 binary
UPDATE_TIME|6 0 0x80 0 binary
CHECK_TIME|6 0 0x80 0 binary
CHECKSUM|6 0 0x80 0 binary
STATUS|253 1024 0x0 31
EXTRA|253 1024 0x0 31
## information_schema.key_column_usage
CONSTRAINT_CATALOG|253 256 0x5085 0
CONSTRAINT_SCHEMA|253 256 0x5081 0
CONSTRAINT_NAME|253 256 0x0 0
TABLE_CATALOG|253 256 0x5085 0
TABLE_SCHEMA|253 256 0x5081 0
TABLE_NAME|253 256 0x5081 0
COLUMN_NAME|253 256 0x0 31
ORDINAL_POSITION|3 10 0x21 0 binary
POSITION_IN_UNIQUE_CONSTRAINT|3 10 0x20 0 binary
REFERENCED_TABLE_SCHEMA|253 256 0x80 0
REFERENCED_TABLE_NAME|253 256 0x80 0
REFERENCED_COLUMN_NAME|253 256 0x0 0
## information_schema.parameters
SPECIFIC_CATALOG|253 256 0x5085 0
SPECIFIC_SCHEMA|253 256 0x5081 0
SPECIFIC_NAME|253 256 0x5001 0
ORDINAL_POSITION|8 11 0xa1 0 binary
PARAMETER_MODE|247 20 0x80 31
PARAMETER_NAME|253 256 0x0 31
DATA_TYPE|251 201326580 0x80 31
CHARACTER_MAXIMUM_LENGTH|8 21 0x80 0 binary
CHARACTER_OCTET_LENGTH|8 21 0x80 0 binary
NUMERIC_PRECISION|3 10 0x20 0 binary
NUMERIC_SCALE|8 10 0x80 0 binary
DATETIME_PRECISION|3 10 0x20 0 binary
CHARACTER_SET_NAME|253 256 0x0 31
COLLATION_NAME|253 256 0x0 31
DTD_IDENTIFIER|252 67108860 0x1091 0
ROUTINE_TYPE|254 36 0x5181 0
## information_schema.partitions
TABLE_CATALOG|253 256 0x5085 0
TABLE_SCHEMA|253 256 0x5081 0
TABLE_NAME|253 256 0x5081 0
PARTITION_NAME|253 256 0x5000 0
SUBPARTITION_NAME|253 256 0x5000 0
PARTITION_ORDINAL_POSITION|8 6 0xa0 0 binary
SUBPARTITION_ORDINAL_POSITION|8 6 0xa0 0 binary
SECONDARY_LOAD|253 4 0x80 31
PARTITION_METHOD|253 52 0x0 31
SUBPARTITION_METHOD|253 52 0x0 31
PARTITION_EXPRESSION|253 8192 0x80 0
SUBPARTITION_EXPRESSION|253 8192 0x80 0
PARTITION_DESCRIPTION|252 262140 0x90 0
TABLE_ROWS|8 21 0xa0 0 binary
AVG_ROW_LENGTH|8 21 0xa0 0 binary
DATA_LENGTH|8 21 0xa0 0 binary
MAX_DATA_LENGTH|8 21 0xa0 0 binary
INDEX_LENGTH|8 21 0xa0 0 binary
DATA_FREE|8 21 0xa0 0 binary
CREATE_TIME|7 19 0x1081 0 binary
UPDATE_TIME|12 19 0x80 0 binary
CHECK_TIME|12 19 0x80 0 binary
CHECKSUM|8 21 0x80 0 binary
PARTITION_COMMENT|253 8192 0x81 31
NODEGROUP|253 1024 0x0 31
TABLESPACE_NAME|253 1072 0x80 31
## information_schema.plugins
PLUGIN_NAME|253 256 0x1 0
PLUGIN_VERSION|253 80 0x1 0
PLUGIN_STATUS|253 40 0x1 0
PLUGIN_TYPE|253 320 0x1 0
PLUGIN_TYPE_VERSION|253 80 0x1 0
PLUGIN_LIBRARY|253 256 0x0 0
PLUGIN_LIBRARY_VERSION|253 80 0x0 0
PLUGIN_AUTHOR|253 256 0x0 0
PLUGIN_DESCRIPTION|252 786420 0x10 0
PLUGIN_LICENSE|253 320 0x0 0
LOAD_OPTION|253 256 0x1 0
## information_schema.referential_constraints
CONSTRAINT_CATALOG|253 256 0x5085 0
CONSTRAINT_SCHEMA|253 256 0x5081 0
CONSTRAINT_NAME|253 256 0x0 31
UNIQUE_CONSTRAINT_CATALOG|253 256 0x5089 0
UNIQUE_CONSTRAINT_SCHEMA|253 256 0x5081 0
UNIQUE_CONSTRAINT_NAME|253 256 0x0 0
MATCH_OPTION|254 28 0x1181 0
UPDATE_RULE|254 44 0x1181 0
DELETE_RULE|254 44 0x1181 0
TABLE_NAME|253 256 0x5081 0
REFERENCED_TABLE_NAME|253 256 0x5081 0
## information_schema.routines
SPECIFIC_NAME|253 256 0x5001 0
ROUTINE_CATALOG|253 256 0x5085 0
ROUTINE_SCHEMA|253 256 0x5081 0
ROUTINE_NAME|253 256 0x5001 0
ROUTINE_TYPE|254 36 0x5181 0
DATA_TYPE|251 201326580 0x80 31
CHARACTER_MAXIMUM_LENGTH|8 21 0x80 0 binary
CHARACTER_OCTET_LENGTH|8 21 0x80 0 binary
NUMERIC_PRECISION|3 10 0x20 0 binary
NUMERIC_SCALE|3 10 0x20 0 binary
DATETIME_PRECISION|3 10 0x20 0 binary
CHARACTER_SET_NAME|253 256 0x0 31
COLLATION_NAME|253 256 0x0 31
DTD_IDENTIFIER|252 201326580 0x80 31
ROUTINE_BODY|253 32 0x1 31
ROUTINE_DEFINITION|252 4294967295 0x80 31
EXTERNAL_NAME|6 0 0x80 0 binary
EXTERNAL_LANGUAGE|253 256 0x81 0
PARAMETER_STYLE|253 12 0x1 31
IS_DETERMINISTIC|253 12 0x1 31
SQL_DATA_ACCESS|254 68 0x1181 0
SQL_PATH|6 0 0x80 0 binary
SECURITY_TYPE|254 28 0x1181 0
CREATED|7 19 0x1081 0 binary
LAST_ALTERED|7 19 0x1081 0 binary
SQL_MODE|254 2184 0x1881 0
ROUTINE_COMMENT|252 262140 0x1091 0
DEFINER|253 1152 0x5089 0
CHARACTER_SET_CLIENT|253 256 0x5005 0
COLLATION_CONNECTION|253 256 0x5005 0
DATABASE_COLLATION|253 256 0x5005 0
## information_schema.schema_privileges
GRANTEE|253 1168 0x1 0
TABLE_CATALOG|253 2048 0x1 0
TABLE_SCHEMA|253 256 0x1 0
PRIVILEGE_TYPE|253 256 0x1 0
IS_GRANTABLE|253 12 0x1 0
## information_schema.table_constraints
CONSTRAINT_CATALOG|253 256 0x5085 0
CONSTRAINT_SCHEMA|253 256 0x5081 0
CONSTRAINT_NAME|253 256 0x0 0
TABLE_SCHEMA|253 256 0x5081 0
TABLE_NAME|253 256 0x5081 0
CONSTRAINT_TYPE|253 44 0x81 0
ENFORCED|253 12 0x81 0
## information_schema.table_privileges
GRANTEE|253 1168 0x1 0
TABLE_CATALOG|253 2048 0x1 0
TABLE_SCHEMA|253 256 0x1 0
TABLE_NAME|253 256 0x1 0
PRIVILEGE_TYPE|253 256 0x1 0
IS_GRANTABLE|253 12 0x1 0
## information_schema.triggers
TRIGGER_CATALOG|253 256 0x5085 0
TRIGGER_SCHEMA|253 256 0x5081 0
TRIGGER_NAME|253 256 0x5001 0
EVENT_MANIPULATION|254 24 0x5181 0
EVENT_OBJECT_CATALOG|253 256 0x5085 0
EVENT_OBJECT_SCHEMA|253 256 0x5081 0
EVENT_OBJECT_TABLE|253 256 0x5081 0
ACTION_ORDER|3 10 0x5021 0 binary
ACTION_CONDITION|6 0 0x80 0 binary
ACTION_STATEMENT|252 4294967295 0x1091 0
ACTION_ORIENTATION|253 12 0x1 31
ACTION_TIMING|254 24 0x5181 0
ACTION_REFERENCE_OLD_TABLE|6 0 0x80 0 binary
ACTION_REFERENCE_NEW_TABLE|6 0 0x80 0 binary
ACTION_REFERENCE_OLD_ROW|253 12 0x1 31
ACTION_REFERENCE_NEW_ROW|253 12 0x1 31
CREATED|7 22 0x1081 2 binary
SQL_MODE|254 2184 0x1881 0
DEFINER|253 1152 0x5089 0
CHARACTER_SET_CLIENT|253 256 0x5005 0
COLLATION_CONNECTION|253 256 0x5005 0
DATABASE_COLLATION|253 256 0x5005 0
## information_schema.views
TABLE_CATALOG|253 256 0x5085 0
TABLE_SCHEMA|253 256 0x5081 0
TABLE_NAME|253 256 0x5081 0
VIEW_DEFINITION|252 4294967295 0x80 31
CHECK_OPTION|254 32 0x180 0
IS_UPDATABLE|254 12 0x180 0
DEFINER|253 1152 0x4080 0
SECURITY_TYPE|253 28 0x80 31
CHARACTER_SET_CLIENT|253 256 0x5005 0
COLLATION_CONNECTION|253 256 0x5005 0
## information_schema.user_privileges
GRANTEE|253 1168 0x1 0
TABLE_CATALOG|253 2048 0x1 0
PRIVILEGE_TYPE|253 256 0x1 0
IS_GRANTABLE|253 12 0x1 0
## information_schema.innodb_trx
trx_id|8 22 0x21 0 binary
trx_state|253 52 0x1 0
trx_started|12 19 0x81 0 binary
trx_requested_lock_id|253 504 0x0 0
trx_wait_started|12 19 0x80 0 binary
trx_weight|8 22 0x21 0 binary
trx_mysql_thread_id|8 22 0x21 0 binary
trx_query|253 4096 0x0 0
trx_operation_state|253 256 0x0 0
trx_tables_in_use|8 22 0x21 0 binary
trx_tables_locked|8 22 0x21 0 binary
trx_lock_structs|8 22 0x21 0 binary
trx_lock_memory_bytes|8 22 0x21 0 binary
trx_rows_locked|8 22 0x21 0 binary
trx_rows_modified|8 22 0x21 0 binary
trx_concurrency_tickets|8 22 0x21 0 binary
trx_isolation_level|253 64 0x1 0
trx_unique_checks|3 2 0x1 0 binary
trx_foreign_key_checks|3 2 0x1 0 binary
trx_last_foreign_key_error|253 1024 0x0 0
trx_adaptive_hash_latched|3 2 0x1 0 binary
trx_adaptive_hash_timeout|8 22 0x21 0 binary
trx_is_read_only|3 2 0x1 0 binary
trx_autocommit_non_locking|3 2 0x1 0 binary
trx_schedule_weight|8 22 0x20 0 binary
## performance_schema.global_status, performance_schema.global_variables, performance_schema.session_status, performance_schema.session_variables
VARIABLE_NAME|253 256 0x5003 0
VARIABLE_VALUE|253 4096 0x0 0
## performance_schema.session_connect_attrs
PROCESSLIST_ID|8 20 0x5023 0 binary
ATTR_NAME|253 128 0x5083 0
ATTR_VALUE|253 4096 0x80 0
ORDINAL_POSITION|3 11 0x0 0 binary
## mysql.db
Host|254 1020 0x4003 0
Db|254 256 0x4083 0
User|254 128 0x408b 0
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
## mysql.plugin
name|253 256 0x4003 0
dl|253 512 0x1 0
## mysql.time_zone_name
Name|254 256 0x5003 0
Time_zone_id|3 10 0x1021 0 binary
## mysql.user
host|254 1020 0x4003 0
user|254 128 0x4083 0
plugin|254 256 0x81 0
authentication_string|252 262140 0x90 0
password_expired|254 4 0x101 0
account_locked|254 4 0x101 0
## SHOW EVENTS
Db|253 256 0x5081 0
Name|253 256 0x5001 0
Definer|253 1152 0x5089 0
Time zone|253 256 0x1081 0
Type|253 36 0x1 31
Execute at|12 19 0x80 0 binary
Interval value|253 1024 0x0 31
Interval field|254 72 0x180 0
Starts|12 19 0x80 0 binary
Ends|12 19 0x80 0 binary
Status|253 84 0x81 31
Originator|3 10 0x1021 0 binary
character_set_client|253 256 0x5005 0
collation_connection|253 256 0x5005 0
Database Collation|253 256 0x5005 0
## SHOW TRIGGERS
Trigger|253 256 0x1001 0
Event|254 24 0x1181 0
Table|253 256 0x1081 0
Statement|252 4294967295 0x1091 0
Timing|254 24 0x1181 0
Created|7 22 0x1081 2 binary
sql_mode|254 2184 0x1881 0
Definer|253 1152 0x1081 0
character_set_client|253 256 0x1001 0
collation_connection|253 256 0x1001 0
Database Collation|253 256 0x1001 0
## SHOW PROCEDURE STATUS, SHOW FUNCTION STATUS
Db|253 256 0x1081 0
Name|253 256 0x1001 0
Type|254 36 0x1181 0
Language|253 256 0x81 0
Definer|253 1152 0x1081 0
Modified|7 19 0x1081 0 binary
Created|7 19 0x1081 0 binary
Security_type|254 28 0x1181 0
Comment|252 262140 0x1091 0
character_set_client|253 256 0x1001 0
collation_connection|253 256 0x1001 0
Database Collation|253 256 0x1001 0
## SHOW OPEN TABLES
Database|253 256 0x1 0
Table|253 256 0x1 0
In_use|8 2 0x1 0 binary
Name_locked|8 5 0x1 0 binary
## SHOW BINARY LOG STATUS
File|253 2048 0x1 31
Position|8 21 0xa1 0 binary
Binlog_Do_DB|253 1020 0x1 31
Binlog_Ignore_DB|253 1020 0x1 31
Executed_Gtid_Set|253 0 0x1 31
## SHOW REPLICA STATUS
Replica_IO_State|253 56 0x1 31
Source_Host|253 1024 0x1 31
Source_User|253 388 0x1 31
Source_Port|3 8 0xa1 0 binary
Connect_Retry|3 11 0xa1 0 binary
Source_Log_File|253 2048 0x1 31
Read_Source_Log_Pos|8 11 0xa1 0 binary
Relay_Log_File|253 2048 0x1 31
Relay_Log_Pos|8 11 0xa1 0 binary
Relay_Source_Log_File|253 2048 0x1 31
Replica_IO_Running|253 12 0x1 31
Replica_SQL_Running|253 12 0x1 31
Replicate_Do_DB|253 80 0x1 31
Replicate_Ignore_DB|253 80 0x1 31
Replicate_Do_Table|253 80 0x1 31
Replicate_Ignore_Table|253 92 0x1 31
Replicate_Wild_Do_Table|253 96 0x1 31
Replicate_Wild_Ignore_Table|253 112 0x1 31
Last_Errno|3 5 0xa1 0 binary
Last_Error|253 80 0x1 31
Skip_Counter|3 11 0xa1 0 binary
Exec_Source_Log_Pos|8 11 0xa1 0 binary
Relay_Log_Space|8 11 0xa1 0 binary
Until_Condition|253 24 0x1 31
Until_Log_File|253 2048 0x1 31
Until_Log_Pos|8 11 0xa1 0 binary
Source_SSL_Allowed|253 28 0x1 31
Source_SSL_CA_File|253 2048 0x1 31
Source_SSL_CA_Path|253 2048 0x1 31
Source_SSL_Cert|253 2048 0x1 31
Source_SSL_Cipher|253 2048 0x1 31
Source_SSL_Key|253 2048 0x1 31
Seconds_Behind_Source|8 11 0xa1 0 binary
Source_SSL_Verify_Server_Cert|253 12 0x1 31
Last_IO_Errno|3 5 0xa1 0 binary
Last_IO_Error|253 80 0x1 31
Last_SQL_Errno|3 5 0xa1 0 binary
Last_SQL_Error|253 80 0x1 31
Replicate_Ignore_Server_Ids|253 2048 0x1 31
Source_Server_Id|3 9 0xa1 0 binary
Source_UUID|253 144 0x1 31
Source_Info_File|253 4096 0x1 31
SQL_Delay|3 11 0xa1 0 binary
SQL_Remaining_Delay|3 9 0xa1 0 binary
Replica_SQL_Running_State|253 80 0x1 31
Source_Retry_Count|8 11 0xa1 0 binary
Source_Bind|253 1024 0x1 31
Last_IO_Error_Timestamp|253 80 0x1 31
Last_SQL_Error_Timestamp|253 80 0x1 31
Source_SSL_Crl|253 2048 0x1 31
Source_SSL_Crlpath|253 2048 0x1 31
Retrieved_Gtid_Set|253 0 0x1 31
Executed_Gtid_Set|253 0 0x1 31
Auto_Position|3 9 0xa1 0 binary
Replicate_Rewrite_DB|253 96 0x1 31
Channel_Name|253 768 0x1 31
Source_TLS_Version|253 2048 0x1 31
Source_public_key_path|253 2048 0x1 31
Get_Source_public_key|3 9 0xa1 0 binary
Network_Namespace|253 772 0x1 31
## SHOW REPLICAS
Server_Id|3 11 0xa1 0 binary
Host|253 1020 0x1 31
Port|3 8 0xa1 0 binary
Source_Id|3 11 0xa1 0 binary
Replica_UUID|253 144 0x1 31
## SHOW BINLOG EVENTS, SHOW RELAYLOG EVENTS
Log_name|253 80 0x1 31
Pos|8 12 0xa1 0 binary
Event_type|253 80 0x1 31
Server_id|3 11 0xa1 0 binary
End_log_pos|8 12 0xa1 0 binary
Info|253 80 0x1 31
## SHOW PRIVILEGES
Privilege|253 40 0x1 31
Context|253 60 0x1 31
Comment|253 256 0x1 31
## SHOW PROFILES
Query_ID|3 11 0xa1 0 binary
Duration|5 9 0xa1 0 binary
Query|253 160 0x1 31
## SHOW PROFILE
Status|253 120 0x1 0
Duration|246 11 0x1 6 binary
## SHOW COLLATION
Collation|253 256 0x1001 0
Charset|253 256 0x1001 0
Id|8 20 0x21 0 binary
Default|253 12 0x1 0
Compiled|253 12 0x1 0
Sortlen|3 10 0x1021 0 binary
Pad_attribute|254 36 0x1181 0
## SHOW CHARACTER SET
Charset|253 256 0x5005 0
Description|253 8192 0x1001 0
Default collation|253 256 0x5005 0
Maxlen|3 10 0x1021 0 binary
## SHOW ENGINE INNODB STATUS
Type|253 40 0x1 31
Name|253 2048 0x1 31
Status|253 40 0x1 31
## SHOW PLUGINS
Name|253 256 0x1 0
Status|253 40 0x1 0
Type|253 320 0x1 0
Library|253 256 0x0 0
License|253 320 0x0 0
## SHOW ENGINES
Engine|253 256 0x1 0
Support|253 32 0x1 0
Comment|253 320 0x1 0
Transactions|253 12 0x0 0
XA|253 12 0x0 0
Savepoints|253 12 0x0 0
"""

ROWS: Final = r"""
## information_schema.engines
["ndbcluster", "NO", "Clustered, fault-tolerant tables", null, null, null]
["MEMORY", "YES", "Hash based, stored in memory, useful for temporary tables", "NO", "NO", "NO"]
["InnoDB", "DEFAULT", "Supports transactions, row-level locking, and foreign keys", "YES", "YES", "YES"]
["PERFORMANCE_SCHEMA", "YES", "Performance Schema", "NO", "NO", "NO"]
["MyISAM", "YES", "MyISAM storage engine", "NO", "NO", "NO"]
["FEDERATED", "NO", "Federated MySQL storage engine", null, null, null]
["ndbinfo", "NO", "MySQL Cluster system information storage engine", null, null, null]
["MRG_MYISAM", "YES", "Collection of identical MyISAM tables", "NO", "NO", "NO"]
["BLACKHOLE", "YES", "/dev/null storage engine (anything you write to it disappears)", "NO", "NO", "NO"]
["CSV", "YES", "CSV storage engine", "NO", "NO", "NO"]
["ARCHIVE", "YES", "Archive storage engine", "NO", "NO", "NO"]
## information_schema.plugins
["binlog", "1.0", "ACTIVE", "STORAGE ENGINE", "90704.0", null, null, "Oracle Corporation", "This is a pseudo storage engine to represent the binlog in a transaction", "GPL", "FORCE"]
["sha256_password", "1.1", "ACTIVE", "AUTHENTICATION", "2.1", null, null, "Oracle Corporation", "SHA256 password authentication", "GPL", "FORCE"]
["caching_sha2_password", "1.0", "ACTIVE", "AUTHENTICATION", "2.1", null, null, "Oracle Corporation", "Caching sha2 authentication", "GPL", "FORCE"]
["CSV", "1.0", "ACTIVE", "STORAGE ENGINE", "90704.0", null, null, "Oracle Corporation", "CSV storage engine", "GPL", "FORCE"]
["MEMORY", "1.0", "ACTIVE", "STORAGE ENGINE", "90704.0", null, null, "Oracle Corporation", "Hash based, stored in memory, useful for temporary tables", "GPL", "FORCE"]
["InnoDB", "9.7", "ACTIVE", "STORAGE ENGINE", "90704.0", null, null, "Oracle Corporation", "Supports transactions, row-level locking, and foreign keys", "GPL", "FORCE"]
["MyISAM", "1.0", "ACTIVE", "STORAGE ENGINE", "90704.0", null, null, "Oracle Corporation", "MyISAM storage engine", "GPL", "FORCE"]
["MRG_MYISAM", "1.0", "ACTIVE", "STORAGE ENGINE", "90704.0", null, null, "Oracle Corporation", "Collection of identical MyISAM tables", "GPL", "FORCE"]
["PERFORMANCE_SCHEMA", "0.1", "ACTIVE", "STORAGE ENGINE", "90704.0", null, null, "Oracle Corporation", "Performance Schema", "GPL", "FORCE"]
["TempTable", "1.0", "ACTIVE", "STORAGE ENGINE", "90704.0", null, null, "Oracle Corporation", "InnoDB temporary storage engine", "GPL", "FORCE"]
["ARCHIVE", "3.0", "ACTIVE", "STORAGE ENGINE", "90704.0", null, null, "Oracle Corporation", "Archive storage engine", "GPL", "ON"]
["BLACKHOLE", "1.0", "ACTIVE", "STORAGE ENGINE", "90704.0", null, null, "Oracle Corporation", "/dev/null storage engine (anything you write to it disappears)", "GPL", "ON"]
["FEDERATED", "1.0", "DISABLED", "STORAGE ENGINE", "90704.0", null, null, "Oracle Corporation", "Federated MySQL storage engine", "GPL", "OFF"]
["ndbcluster", "1.0", "DISABLED", "STORAGE ENGINE", "90704.0", null, null, "Oracle Corporation", "Clustered, fault-tolerant tables", "GPL", "OFF"]
["ndbinfo", "0.1", "DISABLED", "STORAGE ENGINE", "90704.0", null, null, "Oracle Corporation", "MySQL Cluster system information storage engine", "GPL", "OFF"]
## SHOW PRIVILEGES
["Alter", "Tables", "To alter the table"]
["Alter routine", "Functions,Procedures", "To alter or drop stored functions/procedures"]
["Create", "Databases,Tables,Indexes", "To create new databases and tables"]
["Create routine", "Databases", "To use CREATE FUNCTION/PROCEDURE"]
["Create role", "Server Admin", "To create new roles"]
["Create temporary tables", "Databases", "To use CREATE TEMPORARY TABLE"]
["Create view", "Tables", "To create new views"]
["Create user", "Server Admin", "To create new users"]
["Delete", "Tables", "To delete existing rows"]
["Drop", "Databases,Tables", "To drop databases, tables, and views"]
["Drop role", "Server Admin", "To drop roles"]
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
["Replication client", "Server Admin", "To ask where the slave or master servers are"]
["Replication slave", "Server Admin", "To read binary log events from the master"]
["Select", "Tables", "To retrieve rows from table"]
["Show databases", "Server Admin", "To see all databases with SHOW DATABASES"]
["Show view", "Tables", "To see views with SHOW CREATE VIEW"]
["Shutdown", "Server Admin", "To shut down the server"]
["Super", "Server Admin", "To use KILL thread, SET GLOBAL, CHANGE REPLICATION SOURCE, etc."]
["Trigger", "Tables", "To use triggers"]
["Create tablespace", "Server Admin", "To create/alter/drop tablespaces"]
["Update", "Tables", "To update existing rows"]
["Usage", "Server Admin", "No privileges - allow connect only"]
["AUDIT_ABORT_EXEMPT", "Server Admin", ""]
["FIREWALL_EXEMPT", "Server Admin", ""]
["OPTIMIZE_LOCAL_TABLE", "Server Admin", ""]
["ALLOW_NONEXISTENT_DEFINER", "Server Admin", ""]
["SET_ANY_DEFINER", "Server Admin", ""]
["SENSITIVE_VARIABLES_OBSERVER", "Server Admin", ""]
["AUTHENTICATION_POLICY_ADMIN", "Server Admin", ""]
["GROUP_REPLICATION_STREAM", "Server Admin", ""]
["FLUSH_PRIVILEGES", "Server Admin", ""]
["FLUSH_TABLES", "Server Admin", ""]
["XA_RECOVER_ADMIN", "Server Admin", ""]
["CONNECTION_ADMIN", "Server Admin", ""]
["CLONE_ADMIN", "Server Admin", ""]
["ENCRYPTION_KEY_ADMIN", "Server Admin", ""]
["INNODB_REDO_LOG_ARCHIVE", "Server Admin", ""]
["MANAGE_DATA_MASKING_POLICY", "Server Admin", ""]
["SESSION_VARIABLES_ADMIN", "Server Admin", ""]
["APPLICATION_PASSWORD_ADMIN", "Server Admin", ""]
["CREATE_SPATIAL_REFERENCE_SYSTEM", "Server Admin", ""]
["REPLICATION_SLAVE_ADMIN", "Server Admin", ""]
["BACKUP_ADMIN", "Server Admin", ""]
["GROUP_REPLICATION_ADMIN", "Server Admin", ""]
["SYSTEM_VARIABLES_ADMIN", "Server Admin", ""]
["BINLOG_ADMIN", "Server Admin", ""]
["PERSIST_RO_VARIABLES_ADMIN", "Server Admin", ""]
["TRANSACTION_GTID_TAG", "Server Admin", ""]
["PASSWORDLESS_USER_ADMIN", "Server Admin", ""]
["ROLE_ADMIN", "Server Admin", ""]
["INNODB_REDO_LOG_ENABLE", "Server Admin", ""]
["RESOURCE_GROUP_USER", "Server Admin", ""]
["BINLOG_ENCRYPTION_ADMIN", "Server Admin", ""]
["SERVICE_CONNECTION_ADMIN", "Server Admin", ""]
["SHOW_ROUTINE", "Server Admin", ""]
["RESOURCE_GROUP_ADMIN", "Server Admin", ""]
["SYSTEM_USER", "Server Admin", ""]
["TABLE_ENCRYPTION_ADMIN", "Server Admin", ""]
["TELEMETRY_LOG_ADMIN", "Server Admin", ""]
["FLUSH_STATUS", "Server Admin", ""]
["REPLICATION_APPLIER", "Server Admin", ""]
["FLUSH_OPTIMIZER_COSTS", "Server Admin", ""]
["AUDIT_ADMIN", "Server Admin", ""]
["FLUSH_USER_RESOURCES", "Server Admin", ""]
"""
