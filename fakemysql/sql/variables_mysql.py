"""The system variables of MySQL 9.7.4, captured from one by tools/capture_variables.py.

A line is: name; g for global, s for session, b for both; kind; w for writable, r for read-only, x for a
session value that only follows the global one; the range of numbers or the choices, - for any; the default.
"""

from __future__ import annotations

from typing import Final

TABLE: Final = r"""
activate_all_roles_on_login g bool w - OFF
activate_mandatory_roles g bool w - ON
admin_address g text r -
admin_port g uint r 0..65535 33062
admin_ssl_ca g text w -
admin_ssl_capath g text w -
admin_ssl_cert g text w -
admin_ssl_cipher g text w -
admin_ssl_crl g text w -
admin_ssl_crlpath g text w -
admin_ssl_key g text w -
admin_tls_ciphersuites g text w -
admin_tls_version g text w - TLSv1.2,TLSv1.3
authentication_policy g text w - *,,
auto_generate_certs g bool r - ON
auto_increment_increment b uint w 1..65535 1
auto_increment_offset b uint w 1..65535 1
autocommit b bool w - ON
automatic_sp_privileges g bool w - ON
back_log g uint r 0..65535 10000
basedir g text r - /usr/
big_tables b bool w - OFF
bind_address g text r - *
binlog_cache_size g uint w 4096..18446744073709547520 32768
binlog_checksum g text w - CRC32
binlog_direct_non_transactional_updates b bool w - OFF
binlog_encryption g bool w - OFF
binlog_error_action g text w - ABORT_SERVER
binlog_expire_logs_auto_purge g bool w - ON
binlog_expire_logs_seconds g uint w 0..4294967295 2592000
binlog_format b enum w MIXED,STATEMENT,ROW ROW
binlog_group_commit_sync_delay g int w 0..1000000 0
binlog_group_commit_sync_no_delay_count g uint w 0..100000 0
binlog_gtid_simple_recovery g bool r - ON
binlog_max_flush_queue_time g uint w 0..100000 0
binlog_order_commits g bool w - ON
binlog_rotate_encryption_master_key_at_startup g bool r - OFF
binlog_row_event_max_size g uint r 256..18446744073709551360 8192
binlog_row_image b enum w MINIMAL,NOBLOB,FULL FULL
binlog_row_metadata g text w - MINIMAL
binlog_row_value_options b text w -
binlog_rows_query_log_events b bool w - OFF
binlog_stmt_cache_size g uint w 4096..18446744073709547520 32768
binlog_transaction_compression b bool w - OFF
binlog_transaction_compression_level_zstd b uint w 1..22 3
binlog_transaction_dependency_history_size g uint w 1..100000000 10000000
block_encryption_mode b text w - aes-128-ecb
build_id g text r - cc8a18826385d7182761a4a8f41044748267244d
bulk_insert_buffer_size b uint w 0..18446744073709551615 8388608
caching_sha2_password_auto_generate_rsa_keys g bool r - ON
caching_sha2_password_digest_rounds g uint w 5000..4095000 10000
caching_sha2_password_enforce_storage_format g bool w - OFF
caching_sha2_password_private_key_path g text r - private_key.pem
caching_sha2_password_proxy_users g bool w - OFF
caching_sha2_password_public_key_path g text r - public_key.pem
caching_sha2_password_storage_format g text w - CRYPT5
character_set_client b text w -
character_set_connection b text w -
character_set_database b text w - utf8mb4
character_set_filesystem b text w - binary
character_set_results b text w -
character_set_server b text w - utf8mb4
character_set_system g text r - utf8mb3
character_sets_dir g text r - /usr/share/mysql/charsets/
check_proxy_users g bool w - OFF
collation_connection b text w -
collation_database b text w - utf8mb4_0900_ai_ci
collation_server b text w - utf8mb4_0900_ai_ci
completion_type b enum w NO_CHAIN,CHAIN,RELEASE NO_CHAIN
concurrent_insert g enum w NEVER,AUTO,ALWAYS AUTO
connect_timeout g uint w 2..31536000 10
connection_memory_chunk_size b uint w 1..536870912 8192
connection_memory_limit b uint w 2097152..18446744073709551615 18446744073709551615
connection_memory_status_limit g uint w 2097152..18446744073709551615 18446744073709551615
container_aware g bool r - OFF
core_file g bool r - OFF
create_admin_listener_thread g bool r - OFF
cte_max_recursion_depth b uint w 0..4294967295 1000
datadir g text r - /var/lib/mysql/
default_collation_for_utf8mb4 b text w - utf8mb4_0900_ai_ci
default_password_lifetime g uint w 0..65535 0
default_storage_engine b text w - InnoDB
default_table_encryption b bool w - OFF
default_tmp_storage_engine b text w - InnoDB
default_week_format b uint w 0..7 0
delay_key_write g enum w OFF,ON,ALL ON
delayed_insert_limit g uint w 1..18446744073709551615 100
delayed_insert_timeout g uint w 1..31536000 300
delayed_queue_size g uint w 1..18446744073709551615 1000
disabled_storage_engines g text r -
disconnect_on_expired_password g bool r - ON
div_precision_increment b uint w 0..30 4
enable_cascade_triggers b bool w - OFF
enable_secondary_engine_statistics b bool w - ON
end_markers_in_json b bool w - OFF
enforce_gtid_consistency g text w - ON
eq_range_index_dive_limit b uint w 0..4294967295 200
error_count s uint r 0..18446744073709551615 0
event_scheduler g enum w OFF,ON,DISABLED ON
explain_format b text w - TREE
explain_json_format_version b uint w 1..2 2
explicit_defaults_for_timestamp b bool w - ON
external_table_secondary_storage_engine b text w -
external_table_storage_engine b text w -
external_user s text r -
flush g bool w - OFF
flush_time g uint w 0..31536000 0
foreign_key_checks b bool w - ON
ft_boolean_syntax g text w - + -><()~*:""&|
ft_max_word_len g uint r 10..84 84
ft_min_word_len g uint r 1..84 4
ft_query_expansion_limit g uint r 0..1000 20
ft_stopword_file g text r - (built-in)
general_log g bool w - OFF
general_log_file g text w - /var/lib/mysql/localhost.log
generated_random_password_length b uint w 5..255 20
global_connection_memory_limit g uint w 16777216..18446744073709551615 18446744073709551615
global_connection_memory_status_limit g uint w 16777216..18446744073709551615 18446744073709551615
global_connection_memory_tracking b bool w - OFF
group_concat_max_len b uint w 4..18446744073709551615 1024
group_replication_consistency b text w - BEFORE_ON_PRIMARY_FAILOVER
gtid_executed g text r -
gtid_executed_compression_period g uint w 0..4294967295 0
gtid_mode g text w - ON
gtid_next s text w - AUTOMATIC
gtid_owned b text r -
gtid_purged g text w -
have_compress g text r - YES
have_dynamic_loading g text r - YES
have_geometry g text r - YES
have_profiling g text r - YES
have_query_cache g text r - NO
have_rtree_keys g text r - YES
have_statement_timeout g text r - YES
have_symlink g text r - DISABLED
histogram_generation_max_mem_size b uint w 1000000..18446744073709551615 20000000
host_cache_size g uint w 0..65536 703
hostname g text r - localhost
identity s uint w 0..18446744073709551615 0
immediate_server_version s uint w 0..999999 999999
information_schema_stats_expiry b uint w 0..31536000 86400
init_connect g text w -
init_file g text r -
init_replica g text w -
init_slave g text w -
innodb_adaptive_flushing g bool w - ON
innodb_adaptive_flushing_lwm g uint w 0..70 10
innodb_adaptive_hash_index g bool w - OFF
innodb_adaptive_hash_index_parts g uint r 1..512 8
innodb_adaptive_max_sleep_delay g uint w 0..1000000 150000
innodb_api_bk_commit_interval g uint w 1..1073741824 5
innodb_api_disable_rowlock g bool r - OFF
innodb_api_enable_binlog g bool r - OFF
innodb_api_enable_mdl g bool r - OFF
innodb_api_trx_level g uint w 0..3 0
innodb_autoextend_increment g uint w 1..1000 64
innodb_autoinc_lock_mode g int r 0..2 2
innodb_buffer_pool_chunk_size g uint r 1048576..144115188075855871 134217728
innodb_buffer_pool_dump_at_shutdown g bool w - ON
innodb_buffer_pool_dump_now g bool w - OFF
innodb_buffer_pool_dump_pct g uint w 1..100 25
innodb_buffer_pool_filename g text w - ib_buffer_pool
innodb_buffer_pool_in_core_file g bool w - OFF
innodb_buffer_pool_instances g uint r 0..64 1
innodb_buffer_pool_load_abort g bool w - OFF
innodb_buffer_pool_load_at_startup g bool r - ON
innodb_buffer_pool_load_now g bool w - OFF
innodb_buffer_pool_size g int w 5242880..9223372036854775807 134217728
innodb_change_buffer_max_size g uint w 0..50 5
innodb_change_buffering g text w - all
innodb_checksum_algorithm g text w - crc32
innodb_cmp_per_index_enabled g bool w - OFF
innodb_commit_concurrency g uint w 0..1000 0
innodb_compression_failure_threshold_pct g uint w 0..100 5
innodb_compression_level g uint w 0..9 6
innodb_compression_pad_pct_max g uint w 0..75 50
innodb_concurrency_tickets g uint w 1..4294967295 5000
innodb_data_file_path g text r - ibdata1:12M:autoextend
innodb_data_home_dir g text r -
innodb_ddl_buffer_size b uint w 65536..4294967295 1048576
innodb_ddl_threads b uint w 1..64 4
innodb_deadlock_detect g bool w - ON
innodb_dedicated_server g bool r - OFF
innodb_default_row_format g text w - dynamic
innodb_directories g text r -
innodb_disable_sort_file_cache g bool w - OFF
innodb_doublewrite g text w - ON
innodb_doublewrite_batch_size g uint r 0..256 0
innodb_doublewrite_dir g text r -
innodb_doublewrite_files g uint r 1..256 2
innodb_doublewrite_pages g uint r 1..512 128
innodb_extend_and_initialize g bool w - ON
innodb_fast_shutdown g uint w 0..2 1
innodb_file_per_table g bool w - ON
innodb_fill_factor g int w 10..100 100
innodb_flush_log_at_timeout g uint w 0..2700 1
innodb_flush_log_at_trx_commit g uint w 0..2 1
innodb_flush_method g text r - O_DIRECT
innodb_flush_neighbors g uint w 0..2 0
innodb_flush_sync g bool w - ON
innodb_flushing_avg_loops g uint w 1..1000 30
innodb_force_load_corrupted g bool r - OFF
innodb_force_recovery g uint r 0..6 0
innodb_fsync_threshold g uint w 0..18446744073709551615 0
innodb_ft_aux_table g text w -
innodb_ft_cache_size g uint r 1600000..80000000 8000000
innodb_ft_enable_diag_print g bool w - OFF
innodb_ft_enable_stopword b bool w - ON
innodb_ft_max_token_size g uint r 10..84 84
innodb_ft_min_token_size g uint r 0..16 3
innodb_ft_num_word_optimize g uint w 1000..10000 2000
innodb_ft_result_cache_limit g uint w 1000000..4294967295 2000000000
innodb_ft_server_stopword_table g text w -
innodb_ft_sort_pll_degree g uint r 1..16 2
innodb_ft_total_cache_size g uint r 32000000..1600000000 640000000
innodb_ft_user_stopword_table b text w -
innodb_idle_flush_pct g uint w 0..100 100
innodb_io_capacity g uint w 100..4294967295 10000
innodb_io_capacity_max g uint w 100..4294967295 20000
innodb_lock_wait_timeout b uint w 1..1073741824 50
innodb_log_buffer_size g uint w 262144..4294967295 67108864
innodb_log_checksums g bool w - ON
innodb_log_compressed_pages g bool w - ON
innodb_log_group_home_dir g text r - ./
innodb_log_spin_cpu_abs_lwm g uint w 0..4294967295 80
innodb_log_spin_cpu_pct_hwm g uint w 0..100 50
innodb_log_wait_for_flush_spin_hwm g uint w 0..4294967295 400
innodb_log_write_ahead_size g uint w 512..16384 8192
innodb_log_writer_threads g text w - OFF
innodb_lru_scan_depth g uint w 100..4294967295 1024
innodb_max_dirty_pages_pct g double w 0..99 90.000000
innodb_max_dirty_pages_pct_lwm g double w 0..99 10.000000
innodb_max_purge_lag g uint w 0..4294967295 0
innodb_max_purge_lag_delay g uint w 0..10000000 0
innodb_max_undo_log_size g uint w 10485760..18446744073709551615 1073741824
innodb_monitor_disable g text w -
innodb_monitor_enable g text w -
innodb_monitor_reset g text w -
innodb_monitor_reset_all g text w -
innodb_native_foreign_keys g bool r - OFF
innodb_numa_interleave g bool r - ON
innodb_old_blocks_pct g uint w 5..95 37
innodb_old_blocks_time g uint w 0..4294967295 1000
innodb_online_alter_log_max_size g uint w 65536..18446744073709551615 134217728
innodb_open_files g int r 0..2147483647 4000
innodb_optimize_fulltext_only g bool w - OFF
innodb_page_cleaners g uint r 1..64 1
innodb_page_size g uint r 4096..65536 16384
innodb_parallel_read_threads b uint w 1..256 4
innodb_print_all_deadlocks g bool w - OFF
innodb_print_ddl_logs g bool w - OFF
innodb_purge_batch_size g uint w 1..5000 300
innodb_purge_rseg_truncate_frequency g uint w 1..128 128
innodb_purge_threads g uint r 1..32 1
innodb_random_read_ahead g bool w - OFF
innodb_read_ahead_threshold g uint w 0..64 56
innodb_read_io_threads g uint r 1..64 4
innodb_read_only g bool r - OFF
innodb_redo_log_archive_dirs g text w -
innodb_redo_log_capacity g uint w 8388608..549755813888 104857600
innodb_redo_log_encrypt g bool w - OFF
innodb_replication_delay g uint w 0..4294967295 0
innodb_rollback_on_timeout g bool r - OFF
innodb_rollback_segments g uint w 1..128 128
innodb_segment_reserve_factor g double w 0..40 12.500000
innodb_sort_buffer_size g uint r 65536..67108864 1048576
innodb_spin_wait_delay g uint w 0..1000 6
innodb_spin_wait_pause_multiplier g uint w 0..100 50
innodb_stats_auto_recalc g bool w - ON
innodb_stats_include_delete_marked g bool w - OFF
innodb_stats_method g text w - nulls_equal
innodb_stats_on_metadata g bool w - OFF
innodb_stats_persistent g bool w - ON
innodb_stats_persistent_sample_pages g uint w 1..18446744073709551615 20
innodb_stats_transient_sample_pages g uint w 1..18446744073709551615 8
innodb_status_output g bool w - OFF
innodb_status_output_locks g bool w - OFF
innodb_strict_mode b bool w - ON
innodb_sync_array_size g uint r 1..1024 1
innodb_sync_spin_loops g uint w 0..4294967295 30
innodb_table_locks b bool w - ON
innodb_temp_data_file_path g text r - ibtmp1:12M:autoextend
innodb_temp_tablespaces_dir g text r - ./#innodb_temp/
innodb_thread_concurrency g uint w 0..1000 0
innodb_thread_sleep_delay g uint w 0..1000000 10000
innodb_tmpdir b text w -
innodb_undo_directory g text r - ./
innodb_undo_log_encrypt g bool w - OFF
innodb_undo_log_truncate g bool w - ON
innodb_use_fdatasync g bool w - ON
innodb_use_native_aio g bool r - ON
innodb_validate_tablespace_paths g bool r - ON
innodb_version g text r - 9.7.4
innodb_write_io_threads g uint r 1..64 4
insert_id s uint w 0..18446744073709551615 0
interactive_timeout b uint w 1..31536000 28800
internal_tmp_mem_storage_engine b enum w MEMORY,TempTable TempTable
join_buffer_size b uint w 128..18446744073709551488 262144
keep_files_on_create b bool w - OFF
key_buffer_size g uint w 0..18446744073709547520 8388608
key_cache_age_threshold g uint w 100..18446744073709551600 300
key_cache_block_size g uint w 512..16384 1024
key_cache_division_limit g uint w 1..100 100
keyring_operations g bool w - ON
large_files_support g bool r - ON
large_page_size g uint r 0..4294967295 0
large_pages g bool r - OFF
last_insert_id s uint w 0..18446744073709551615 0
lc_messages b text w - en_US
lc_messages_dir g text r - /usr/share/mysql/
lc_time_names b text w - en_US
license g text r - GPL
local_infile g bool w - OFF
lock_wait_timeout b uint w 1..31536000 31536000
locked_in_memory g bool r - OFF
log_bin g bool r - OFF
log_bin_basename g text r -
log_bin_index g text r -
log_bin_trust_function_creators g bool w - OFF
log_error g text r -
log_error_services g text w - log_filter_internal; log_sink_internal
log_error_suppression_list g text w -
log_error_verbosity g uint w 1..3 2
log_output g text w - FILE
log_queries_not_using_indexes g bool w - OFF
log_raw g bool w - OFF
log_replica_updates g bool r - OFF
log_slave_updates g bool r - OFF
log_slow_admin_statements g bool w - OFF
log_slow_extra g bool w - OFF
log_slow_replica_statements g bool w - OFF
log_slow_slave_statements g bool w - OFF
log_statements_unsafe_for_binlog g bool w - ON
log_throttle_queries_not_using_indexes g uint w 0..18446744073709551615 0
log_timestamps g text w - UTC
long_query_time b double w 0..4719230590769954816 10.000000
low_priority_updates b bool w - OFF
lower_case_file_system g bool r - OFF
lower_case_table_names g uint r 0..2 0
mandatory_roles g text w -
master_verify_checksum g bool w - OFF
max_allowed_packet b uint x 1024..1073741824 67108864
max_binlog_cache_size g uint w 4096..18446744073709547520 18446744073709547520
max_binlog_size g uint w 4096..1073741824 1073741824
max_binlog_stmt_cache_size g uint w 4096..18446744073709547520 18446744073709547520
max_connect_errors g uint w 1..18446744073709551615 100
max_connections g uint w 1..100000 151
max_delayed_threads b uint w 0..16384 20
max_digest_length g int r 0..1048576 1024
max_error_count b uint w 0..65535 1024
max_execution_time b uint w 0..18446744073709551615 0
max_heap_table_size b uint w 16384..18446744073709550592 16777216
max_insert_delayed_threads b uint w 0..16384 20
max_join_size b uint w 1..18446744073709551615 18446744073709551615
max_length_for_sort_data b uint w 4..8388608 4096
max_points_in_geometry b uint w 3..1048576 65536
max_prepared_stmt_count g uint w 0..4194304 16382
max_relay_log_size g uint w 0..1073741824 0
max_seeks_for_key b uint w 1..18446744073709551615 18446744073709551615
max_sort_length b uint w 4..8388608 1024
max_sp_recursion_depth b uint w 0..255 0
max_user_connections b uint x 0..4294967295 0
max_write_lock_count g uint w 1..18446744073709551615 18446744073709551615
min_examined_row_limit b uint w 0..18446744073709551615 0
myisam_data_pointer_size g uint w 2..7 6
myisam_max_sort_file_size g uint w 0..9223372036854775807 9223372036853727232
myisam_mmap_size g uint r 7..18446744073709551615 18446744073709551615
myisam_recover_options g text r - OFF
myisam_sort_buffer_size b uint w 4096..18446744073709551615 8388608
myisam_stats_method b text w - nulls_unequal
myisam_use_mmap g bool w - OFF
net_buffer_length b uint x 1024..1048576 16384
net_read_timeout b uint w 1..31536000 30
net_retry_count b uint w 1..18446744073709551615 10
net_write_timeout b uint w 1..31536000 60
ngram_token_size g int r 1..10 2
offline_mode g bool w - OFF
old_alter_table b bool w - OFF
open_files_limit g uint r 0..4294967295 20000
optimizer_max_subgraph_pairs b uint w 1..2147483647 100000
optimizer_prune_level b uint w 0..1 1
optimizer_search_depth b uint w 0..62 62
optimizer_switch b text w - index_merge=on,index_merge_union=on,index_merge_sort_union=on,index_merge_intersection=on,engine_condition_pushdown=on,index_condition_pushdown=on,mrr=on,mrr_cost_based=on,block_nested_loop=on,batched_key_access=off,materialization=on,semijoin=on,loosescan=on,firstmatch=on,duplicateweedout=on,subquery_materialization_cost_based=on,use_index_extensions=on,condition_fanout_filter=on,derived_merge=on,use_invisible_indexes=off,skip_scan=on,hash_join=on,subquery_to_derived=off,prefer_ordering_index=on,hypergraph_optimizer=off,derived_condition_pushdown=on,hash_set_operations=on
optimizer_trace b text w - enabled=off,one_line=off
optimizer_trace_features b text w - greedy_search=on,range_optimizer=on,dynamic_range=on,repeated_subselect=on
optimizer_trace_limit b int w 0..9223372036854775807 1
optimizer_trace_max_mem_size b uint w 0..18446744073709551615 1048576
optimizer_trace_offset b int w -9223372036854775808..9223372036854775807 -1
original_commit_timestamp s uint w 0..36028797018963968 36028797018963968
original_server_version s uint w 0..999999 999999
parser_max_mem_size b uint w 10000000..18446744073709551615 18446744073709551615
partial_revokes g bool w - OFF
password_history g uint w 0..4294967295 0
password_require_current g bool w - OFF
password_reuse_interval g uint w 0..4294967295 0
performance_schema g bool r - ON
performance_schema_accounts_size g int r -1..1048576 -1
performance_schema_digests_size g int r -1..1048576 10000
performance_schema_error_size g int r 0..1048576 5814
performance_schema_events_stages_history_long_size g int r -1..1048576 10000
performance_schema_events_stages_history_size g int r -1..1024 10
performance_schema_events_statements_history_long_size g int r -1..1048576 10000
performance_schema_events_statements_history_size g int r -1..1024 10
performance_schema_events_transactions_history_long_size g int r -1..1048576 10000
performance_schema_events_transactions_history_size g int r -1..1024 10
performance_schema_events_waits_history_long_size g int r -1..1048576 10000
performance_schema_events_waits_history_size g int r -1..1024 10
performance_schema_hosts_size g int r -1..1048576 -1
performance_schema_max_cond_classes g uint r 0..1024 150
performance_schema_max_cond_instances g int r -1..1048576 -1
performance_schema_max_digest_length g int r 0..1048576 1024
performance_schema_max_digest_sample_age g uint w 0..1048576 60
performance_schema_max_file_classes g uint r 0..1024 80
performance_schema_max_file_handles g uint r 0..1048576 32768
performance_schema_max_file_instances g int r -1..1048576 -1
performance_schema_max_index_stat g int r -1..1048576 -1
performance_schema_max_logger_classes g uint r 0..200 80
performance_schema_max_memory_classes g uint r 0..1024 470
performance_schema_max_metadata_locks g int r -1..104857600 -1
performance_schema_max_meter_classes g uint r 0..64 30
performance_schema_max_metric_classes g uint r 0..11000 600
performance_schema_max_mutex_classes g uint r 0..1024 350
performance_schema_max_mutex_instances g int r -1..104857600 -1
performance_schema_max_prepared_statements_instances g int r -1..4194304 -1
performance_schema_max_program_instances g int r -1..1048576 -1
performance_schema_max_rwlock_classes g uint r 0..1024 100
performance_schema_max_rwlock_instances g int r -1..104857600 -1
performance_schema_max_socket_classes g uint r 0..1024 10
performance_schema_max_socket_instances g int r -1..1048576 -1
performance_schema_max_sql_text_length g int r 0..1048576 1024
performance_schema_max_stage_classes g uint r 0..1024 175
performance_schema_max_statement_classes g uint r 0..256 234
performance_schema_max_statement_stack g uint r 1..256 10
performance_schema_max_table_handles g int r -1..1048576 -1
performance_schema_max_table_instances g int r -1..1048576 -1
performance_schema_max_table_lock_stat g int r -1..1048576 -1
performance_schema_max_thread_classes g uint r 0..1024 100
performance_schema_max_thread_instances g int r -1..1048576 -1
performance_schema_session_connect_attrs_size g int r -1..1048576 512
performance_schema_setup_actors_size g int r -1..1048576 -1
performance_schema_setup_objects_size g int r -1..1048576 -1
performance_schema_show_processlist g bool w - OFF
performance_schema_users_size g int r -1..1048576 -1
persist_only_admin_x509_subject g text r -
persist_sensitive_variables_in_plaintext g bool r - ON
persisted_globals_load g bool r - ON
pid_file g text r - /var/run/mysqld/mysqld.pid
plugin_dir g text r - /usr/lib/mysql/plugin/
port g uint r 0..65535 3306
preload_buffer_size b uint w 1024..1073741824 32768
print_identified_with_as_hex b bool w - OFF
profiling b bool w - OFF
profiling_history_size b uint w 0..100 15
protocol_compression_algorithms g text w - zlib,zstd,uncompressed
protocol_version g uint r 0..4294967295 10
proxy_user s text r -
pseudo_replica_mode s bool w - OFF
pseudo_slave_mode s bool w - OFF
pseudo_thread_id s uint w 0..4294967295 0
query_alloc_block_size b uint w 1024..4294966272 8192
query_prealloc_size b uint w 8192..18446744073709550592 8192
rand_seed1 s uint w 0..18446744073709551615 0
rand_seed2 s uint w 0..18446744073709551615 0
range_alloc_block_size b uint w 4096..4294966272 4096
range_optimizer_max_mem_size b uint w 0..18446744073709551615 8388608
rbr_exec_mode b text w - STRICT
read_buffer_size b uint w 8192..2147479552 131072
read_only g bool w - OFF
read_rnd_buffer_size b uint w 1..2147483647 262144
regexp_stack_limit g uint w 0..2147483647 8000000
regexp_time_limit g uint w 0..2147483647 32
relay_log g text r - relay-bin
relay_log_basename g text r - relay-bin
relay_log_index g text r - relay-bin.index
relay_log_purge g bool w - ON
relay_log_recovery g bool r - OFF
relay_log_space_limit g uint r 0..18446744073709551615 0
replica_allow_batching g bool w - ON
replica_allow_higher_version_source g bool w - ON
replica_checkpoint_group g uint w 32..524280 512
replica_checkpoint_period g uint w 1..4294967295 300
replica_compressed_protocol g bool w - OFF
replica_exec_mode g text w - STRICT
replica_load_tmpdir g text r - /tmp
replica_max_allowed_packet g uint w 1024..1073741824 1073741824
replica_net_timeout g uint w 1..31536000 60
replica_parallel_workers g uint w 1..1024 4
replica_pending_jobs_size_max g uint w 1024..18446744073709550592 134217728
replica_preserve_commit_order g bool w - ON
replica_skip_errors g text r - OFF
replica_sql_verify_checksum g bool w - ON
replica_transaction_retries g uint w 0..18446744073709551615 10
replica_type_conversions g text w -
replication_optimize_for_static_plugin_config g bool w - OFF
replication_sender_observe_commit_only g bool w - OFF
report_host g text r -
report_password g text r -
report_port g uint r 0..65535 3306
report_user g text r -
require_row_format s bool w - OFF
require_secure_transport g bool w - OFF
restrict_fk_on_non_standard_key b bool w - ON
resultset_metadata s enum w NONE,FULL FULL
rpl_read_size g uint w 8192..18446744073709547520 8192
rpl_stop_replica_timeout g uint w 2..31536000 31536000
rpl_stop_slave_timeout g uint w 2..31536000 31536000
schema_definition_cache g uint w 256..524288 256
secondary_engine_cost_threshold b double w 0..9218868437227405311 100000.000000
secure_file_priv g text r - \N
select_into_buffer_size b uint w 8192..2147479552 131072
select_into_disk_sync b bool w - OFF
select_into_disk_sync_delay b uint w 0..31536000 0
server_id g uint w 0..4294967295 1
server_id_bits g uint w 0..32 32
server_memory g uint r 0..18446744073709551615 0
server_uuid g text r - 00000000-0000-0000-0000-000000000001
session_track_gtids b enum w OFF,OWN_GTID,ALL_GTIDS OFF
session_track_schema b bool w - ON
session_track_state_change b bool w - OFF
session_track_system_variables b text w - time_zone,autocommit,character_set_client,character_set_results,character_set_connection
session_track_transaction_info b enum w OFF,STATE,CHARACTERISTICS OFF
set_operations_buffer_size b uint w 16384..18446744073709550592 262144
sha256_password_auto_generate_rsa_keys g bool r - ON
sha256_password_private_key_path g text r - private_key.pem
sha256_password_proxy_users g bool w - OFF
sha256_password_public_key_path g text r - public_key.pem
show_create_table_skip_secondary_engine s bool w - OFF
show_create_table_verbosity b bool w - OFF
show_gipk_in_create_table_and_information_schema b bool w - ON
skip_external_locking g bool r - ON
skip_name_resolve g bool r - OFF
skip_networking g bool r - OFF
skip_replica_start g bool r - OFF
skip_show_database g bool r - OFF
skip_slave_start g bool r - OFF
slave_allow_batching g bool w - ON
slave_checkpoint_group g uint w 32..524280 512
slave_checkpoint_period g uint w 1..4294967295 300
slave_compressed_protocol g bool w - OFF
slave_exec_mode g text w - STRICT
slave_load_tmpdir g text r - /tmp
slave_max_allowed_packet g uint w 1024..1073741824 1073741824
slave_net_timeout g uint w 1..31536000 60
slave_parallel_workers g uint w 1..1024 4
slave_pending_jobs_size_max g uint w 1024..18446744073709550592 134217728
slave_preserve_commit_order g bool w - ON
slave_skip_errors g text r - OFF
slave_sql_verify_checksum g bool w - ON
slave_transaction_retries g uint w 0..18446744073709551615 10
slave_type_conversions g text w -
slow_launch_time g uint w 0..31536000 2
slow_query_log g bool w - OFF
slow_query_log_file g text w - /var/lib/mysql/localhost-slow.log
socket g text r - /var/run/mysqld/mysqld.sock
sort_buffer_size b uint w 32768..18446744073709551615 262144
source_verify_checksum g bool w - OFF
sql_auto_is_null b bool w - OFF
sql_big_selects b bool w - ON
sql_buffer_result b bool w - OFF
sql_generate_invisible_primary_key b bool w - OFF
sql_log_bin s bool w - ON
sql_log_off b bool w - OFF
sql_mode b text w - ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION
sql_notes b bool w - ON
sql_quote_show_create b bool w - ON
sql_replica_skip_counter g uint w 0..4294967295 0
sql_require_primary_key b bool w - OFF
sql_safe_updates b bool w - OFF
sql_select_limit b uint w 0..18446744073709551615 18446744073709551615
sql_slave_skip_counter g uint w 0..4294967295 0
sql_warnings b bool w - OFF
ssl_ca g text w - ca.pem
ssl_capath g text w -
ssl_cert g text w - server-cert.pem
ssl_cipher g text w -
ssl_crl g text w -
ssl_crlpath g text w -
ssl_fips_mode g text r - OFF
ssl_key g text w - server-key.pem
ssl_session_cache_mode g bool w - ON
ssl_session_cache_timeout g int w 0..86400 300
statement_id s uint r 0..9223372036854775807 0
stored_program_cache g uint w 16..524288 256
stored_program_definition_cache g uint w 256..524288 256
super_read_only g bool w - OFF
sync_binlog g uint w 0..4294967295 1
sync_master_info g uint w 0..4294967295 10000
sync_relay_log g uint w 0..4294967295 10000
sync_relay_log_info g uint w 0..4294967295 10000
sync_source_info g uint w 0..4294967295 10000
system_time_zone g text r - UTC
table_definition_cache g uint w 400..524288 2000
table_encryption_privilege_check g bool w - OFF
table_open_cache g uint w 1..524288 4000
table_open_cache_instances g uint r 1..64 16
table_open_cache_triggers g uint w 1..524288 524288
tablespace_definition_cache g uint w 256..524288 256
temptable_max_mmap g uint w 0..18446744073709551615 0
temptable_max_ram g uint w 2097152..18446744073709551615 1073741824
terminology_use_previous b text w - NONE
thread_cache_size g uint w 0..16384 28
thread_handling g text r - one-thread-per-connection
thread_stack g uint r 131072..18446744073709550592 1048576
time_zone b text w - SYSTEM
timestamp s double w 0..0 0
tls_certificates_enforced_validation g bool r - OFF
tls_ciphersuites g text w -
tls_version g text w - TLSv1.2,TLSv1.3
tmp_table_size b uint w 1024..18446744073709551615 16777216
tmpdir g text r - /tmp
transaction_alloc_block_size b uint w 1024..131072 8192
transaction_allow_batching s bool w - OFF
transaction_isolation b enum w READ-UNCOMMITTED,READ-COMMITTED,REPEATABLE-READ,SERIALIZABLE REPEATABLE-READ
transaction_prealloc_size b uint w 1024..131072 4096
transaction_read_only b bool w - OFF
unique_checks b bool w - ON
updatable_views_with_limit b text w - YES
use_secondary_engine s enum w OFF,ON,FORCED ON
version g text r - 9.7.4-2
version_comment g text r - (Debian)
version_compile_machine g text r - x86_64
version_compile_os g text r - Linux
version_compile_zlib g text r - 1.3.2
version_with_update g text r - 9.7.4.0-2
wait_timeout b uint w 1..31536000 28800
warning_count s uint r 0..18446744073709551615 0
windowing_use_high_precision b bool w - ON
xa_detach_on_prepare b bool w - ON
"""  # noqa: E501
