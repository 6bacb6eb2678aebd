"""The system variables of MariaDB 10.11.19, captured from one by tools/capture_variables.py.

A line is: name; g for global, s for session, b for both; kind; w for writable, r for read-only, x for a
session value that only follows the global one; the range of numbers or the choices, - for any; the default.
"""

from __future__ import annotations

from typing import Final

TABLE: Final = r"""
allow_suspicious_udfs g bool r - OFF
alter_algorithm b enum w DEFAULT,COPY,INPLACE,NOCOPY,INSTANT DEFAULT
analyze_max_length b uint w 32..4294967295 4294967295
analyze_sample_percentage b double w 0..100 100.000000
aria_block_size g uint r 4096..32768 8192
aria_checkpoint_interval g uint w 0..4294967295 30
aria_checkpoint_log_activity g uint w 0..4294967295 1048576
aria_encrypt_tables g bool w - OFF
aria_force_start_after_recovery_failures g uint r 0..255 0
aria_group_commit g enum w none,hard,soft none
aria_group_commit_interval g uint w 0..4294967295 0
aria_log_dir_path g text r - /var/lib/mysql/
aria_log_file_size g uint w 8388608..4294967295 1073741824
aria_log_purge_type g enum w immediate,external,at_flush immediate
aria_max_sort_file_size g uint w 0..9223372036854775807 9223372036853727232
aria_pagecache_age_threshold g uint w 100..18446744073709551615 300
aria_pagecache_buffer_size g uint r 131072..18446744073709551615 134217728
aria_pagecache_division_limit g uint w 1..100 100
aria_pagecache_file_hash_size g uint r 128..16384 512
aria_page_checksum g bool w - ON
aria_recover_options g set w NORMAL,BACKUP,FORCE,QUICK,OFF BACKUP,QUICK
aria_repair_threads b uint w 1..128 1
aria_sort_buffer_size b uint w 16352..1152921504606846975 268434432
aria_stats_method b enum w nulls_unequal,nulls_equal,nulls_ignored nulls_unequal
aria_sync_log_dir g enum w NEVER,NEWFILE,ALWAYS NEWFILE
aria_used_for_temp_tables g bool r - ON
autocommit b bool w - ON
automatic_sp_privileges g bool w - ON
auto_increment_increment b uint w 1..65535 1
auto_increment_offset b uint w 1..65535 1
back_log g uint r 0..65535 450
basedir g text r - /usr/
big_tables b bool w - OFF
bind_address g text r - *
binlog_alter_two_phase b bool w - OFF
binlog_annotate_row_events b bool w - ON
binlog_cache_size g uint w 4096..18446744073709551615 32768
binlog_checksum g enum w NONE,CRC32 CRC32
binlog_commit_wait_count g uint w 0..18446744073709551615 0
binlog_commit_wait_usec g uint w 0..18446744073709551615 100000
binlog_direct_non_transactional_updates b bool w - OFF
binlog_expire_logs_seconds g uint w 0..8553600 0
binlog_file_cache_size g uint w 8192..18446744073709551615 16384
binlog_format b enum w MIXED,STATEMENT,ROW MIXED
binlog_optimize_thread_scheduling g bool r - ON
binlog_row_image b enum w MINIMAL,NOBLOB,FULL FULL
binlog_row_metadata g enum w NO_LOG,MINIMAL,FULL NO_LOG
binlog_stmt_cache_size g uint w 4096..18446744073709551615 32768
bulk_insert_buffer_size b uint w 0..18446744073709551615 8388608
character_sets_dir g text r - /usr/share/mysql/charsets/
character_set_client b enum w -
character_set_connection b enum w -
character_set_database b enum w - latin1
character_set_filesystem b enum w - binary
character_set_results b enum w -
character_set_server b enum w - latin1
character_set_system g enum r - utf8mb3
check_constraint_checks b bool w - ON
collation_connection b enum w -
collation_database b enum w - latin1_swedish_ci
collation_server b enum w - latin1_swedish_ci
column_compression_threshold b uint w 0..4294967295 100
column_compression_zlib_level b uint w 0..9 6
column_compression_zlib_strategy b enum w DEFAULT_STRATEGY,FILTERED,HUFFMAN_ONLY,RLE,FIXED DEFAULT_STRATEGY
column_compression_zlib_wrap b bool w - OFF
completion_type b enum w NO_CHAIN,CHAIN,RELEASE NO_CHAIN
concurrent_insert g enum w NEVER,AUTO,ALWAYS AUTO
connect_timeout g uint w 2..31536000 10
core_file g bool r - OFF
datadir g text r - /var/lib/mysql/
datetime_format g text r - %Y-%m-%d %H:%i:%s
date_format g text r - %Y-%m-%d
deadlock_search_depth_long b uint w 0..33 15
deadlock_search_depth_short b uint w 0..32 4
deadlock_timeout_long b uint w 0..4294967295 50000000
deadlock_timeout_short b uint w 0..4294967295 10000
debug_no_thread_alarm g bool r - OFF
default_master_connection s text w -
default_password_lifetime g uint w 0..4294967295 0
default_regex_flags b set w DOTALL,DUPNAMES,EXTENDED,EXTENDED_MORE,EXTRA,MULTILINE,UNGREEDY
default_storage_engine b text w - InnoDB
default_tmp_storage_engine b text w -
default_week_format b uint w 0..7 0
delayed_insert_limit g uint w 1..4294967295 100
delayed_insert_timeout g uint w 1..31536000 300
delayed_queue_size g uint w 1..4294967295 1000
delay_key_write g enum w OFF,ON,ALL ON
disconnect_on_expired_password g bool w - OFF
div_precision_increment b uint w 0..38 4
encrypt_binlog g bool r - OFF
encrypt_tmp_disk_tables g bool w - OFF
encrypt_tmp_files g bool r - OFF
enforce_storage_engine b text w -
eq_range_index_dive_limit b uint w 0..4294967295 200
error_count s uint r 0..18446744073709551615 0
event_scheduler g enum w OFF,ON,DISABLED,ORIGINAL OFF
expensive_subquery_limit b uint w 0..18446744073709551615 100
expire_logs_days g double w 0..99 0.000000
explicit_defaults_for_timestamp b bool w - ON
external_user s text r -
extra_max_connections g uint w 1..100000 1
extra_port g uint r 0..65535 0
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
group_concat_max_len b uint w 4..1073741824 1048576
gtid_binlog_pos g text r -
gtid_binlog_state g text w -
gtid_cleanup_batch_size g uint w 0..2147483647 64
gtid_current_pos g text r -
gtid_domain_id b uint w 0..4294967295 0
gtid_ignore_duplicates g bool w - OFF
gtid_pos_auto_engines g text w -
gtid_seq_no s uint w 0..18446744073709551615 0
gtid_slave_pos g text w -
gtid_strict_mode g bool w - OFF
have_compress g text r - YES
have_crypt g text r - YES
have_dynamic_loading g text r - YES
have_geometry g text r - YES
have_openssl g text r - YES
have_profiling g text r - YES
have_query_cache g text r - YES
have_rtree_keys g text r - YES
have_ssl g text r - DISABLED
have_symlink g text r - YES
histogram_size b uint w 0..255 254
histogram_type b enum w SINGLE_PREC_HB,DOUBLE_PREC_HB,JSON_HB DOUBLE_PREC_HB
hostname g text r - localhost
host_cache_size g uint w 0..65536 703
identity s uint w 0..18446744073709551615 0
idle_readonly_transaction_timeout b uint w 0..31536000 0
idle_transaction_timeout b uint w 0..31536000 0
idle_write_transaction_timeout b uint w 0..31536000 0
ignore_builtin_innodb g bool r - OFF
ignore_db_dirs g text r -
init_connect g text w -
init_file g text r -
init_slave g text w -
innodb_adaptive_flushing g bool w - ON
innodb_adaptive_flushing_lwm g double w 0..70 10.000000
innodb_adaptive_hash_index g bool w - OFF
innodb_adaptive_hash_index_parts g uint r 1..512 8
innodb_alter_copy_bulk g bool w - ON
innodb_autoextend_increment g uint w 1..1000 64
innodb_autoinc_lock_mode g int r 0..2 1
innodb_buffer_pool_chunk_size g uint r 0..18446744073709551615 0
innodb_buffer_pool_dump_at_shutdown g bool w - ON
innodb_buffer_pool_dump_now g bool w - OFF
innodb_buffer_pool_dump_pct g uint w 1..100 25
innodb_buffer_pool_filename g text r - ib_buffer_pool
innodb_buffer_pool_in_core_dump g bool w - OFF
innodb_buffer_pool_load_abort g bool w - OFF
innodb_buffer_pool_load_at_startup g bool r - ON
innodb_buffer_pool_load_now g bool w - OFF
innodb_buffer_pool_size g uint w 2097152..18446744073701163008 134217728
innodb_buffer_pool_size_auto_min g uint w 0..18446744073701163008 8796093022208
innodb_buffer_pool_size_max g uint r 8388608..18446744073701163008 8796093022208
innodb_buf_dump_status_frequency g uint w 0..100 0
innodb_change_buffering g enum w none,inserts,deletes,changes,purges,all none
innodb_change_buffer_max_size g uint w 0..50 25
innodb_checksum_algorithm g enum w crc32,strict_crc32,full_crc32,strict_full_crc32 full_crc32
innodb_cmp_per_index_enabled g bool w - OFF
innodb_compression_algorithm g enum w none,zlib,lz4,lzo,lzma,bzip2,snappy zlib
innodb_compression_default b bool w - OFF
innodb_compression_failure_threshold_pct g uint w 0..100 5
innodb_compression_level g uint w 0..9 6
innodb_compression_pad_pct_max g uint w 0..75 50
innodb_data_file_path g text r - ibdata1:12M:autoextend
innodb_data_home_dir g text r -
innodb_deadlock_detect g bool w - ON
innodb_deadlock_report g enum w off,basic,full full
innodb_default_encryption_key_id b uint w 1..4294967295 1
innodb_default_row_format g enum w redundant,compact,dynamic dynamic
innodb_defragment g bool w - OFF
innodb_defragment_fill_factor g double w 0.7..1 0.900000
innodb_defragment_fill_factor_n_recs g uint w 1..100 20
innodb_defragment_frequency g uint w 1..1000 40
innodb_defragment_n_pages g uint w 2..32 7
innodb_defragment_stats_accuracy g uint w 0..4294967295 0
innodb_disable_sort_file_cache g bool w - OFF
innodb_doublewrite g bool r - ON
innodb_encryption_rotate_key_age g uint w 0..4294967295 1
innodb_encryption_rotation_iops g uint w 0..4294967295 100
innodb_encryption_threads g uint w 0..255 0
innodb_encrypt_log g bool r - OFF
innodb_encrypt_tables g enum w OFF,ON,FORCE OFF
innodb_encrypt_temporary_tables g bool r - OFF
innodb_fast_shutdown g uint w 0..3 1
innodb_fatal_semaphore_wait_threshold g uint r 1..4294967295 600
innodb_file_per_table g bool w - ON
innodb_fill_factor g uint w 10..100 100
innodb_flushing_avg_loops g uint w 1..1000 30
innodb_flush_log_at_timeout g uint w 0..2700 1
innodb_flush_log_at_trx_commit g uint w 0..3 1
innodb_flush_method g enum r fsync,O_DSYNC,littlesync,nosync,O_DIRECT,O_DIRECT_NO_FSYNC O_DIRECT
innodb_flush_neighbors g uint w 0..2 1
innodb_flush_sync g bool w - ON
innodb_force_primary_key g bool w - OFF
innodb_force_recovery g uint r 0..6 0
innodb_ft_aux_table g text w -
innodb_ft_cache_size g uint w 1600000..1099511627776 8000000
innodb_ft_enable_diag_print g bool w - OFF
innodb_ft_enable_stopword b bool w - ON
innodb_ft_max_token_size g uint r 10..84 84
innodb_ft_min_token_size g uint r 1..16 3
innodb_ft_num_word_optimize g uint w 1000..10000 2000
innodb_ft_result_cache_limit g uint w 1000000..18446744073709551615 2000000000
innodb_ft_server_stopword_table g text w -
innodb_ft_sort_pll_degree g uint r 1..16 2
innodb_ft_total_cache_size g uint w 32000000..1099511627776 640000000
innodb_ft_user_stopword_table b text w -
innodb_immediate_scrub_data_uncompressed g bool w - OFF
innodb_instant_alter_column_allowed g enum w never,add_last,add_drop_reorder add_drop_reorder
innodb_io_capacity g uint w 100..4294967295 200
innodb_io_capacity_max g uint w 100..4294967295 2000
innodb_linux_aio g enum r auto,io_uring,aio auto
innodb_lock_wait_timeout b uint w 0..100000000 50
innodb_log_buffer_size g uint r 2097152..2147479552 16777216
innodb_log_checkpoint_now g bool w - OFF
innodb_log_file_buffering g bool w - OFF
innodb_log_file_mmap g bool r - OFF
innodb_log_file_size g uint w 4194304..18446744073709551615 100663296
innodb_log_group_home_dir g text r - ./
innodb_log_spin_wait_delay g uint w 0..6000 0
innodb_log_write_ahead_size g uint r 512..4096 4096
innodb_lru_flush_size g uint w 1..18446744073709551615 0
innodb_lru_scan_depth g uint w 100..18446744073709551615 1536
innodb_max_dirty_pages_pct g double w 0..99.999 90.000000
innodb_max_dirty_pages_pct_lwm g double w 0..99.999 0.000000
innodb_max_purge_lag g uint w 0..18446744073709551615 0
innodb_max_purge_lag_delay g uint w 0..10000000 0
innodb_max_purge_lag_wait g uint w 0..4294967295 4294967295
innodb_max_undo_log_size g uint w 10485760..281474976710656 10485760
innodb_monitor_disable g text w -
innodb_monitor_enable g text w -
innodb_monitor_reset g text w -
innodb_monitor_reset_all g text w -
innodb_numa_interleave g bool r - OFF
innodb_old_blocks_pct g uint w 5..95 37
innodb_old_blocks_time g uint w 0..4294967295 1000
innodb_online_alter_log_max_size g uint w 65536..18446744073709551615 134217728
innodb_open_files g uint r 0..9223372036854775807 2000
innodb_optimize_fulltext_only g bool w - OFF
innodb_page_size g uint r 4096..65536 16384
innodb_prefix_index_cluster_optimization g bool w - ON
innodb_print_all_deadlocks g bool w - OFF
innodb_purge_batch_size g uint w 1..5000 127
innodb_purge_rseg_truncate_frequency g uint w 1..128 128
innodb_purge_threads g uint w 1..32 4
innodb_random_read_ahead g bool w - OFF
innodb_read_ahead_threshold g uint w 0..64 56
innodb_read_io_threads g uint w 1..64 4
innodb_read_only g bool r - OFF
innodb_read_only_compressed g bool w - OFF
innodb_rollback_on_timeout g bool r - OFF
innodb_snapshot_isolation b bool w - OFF
innodb_sort_buffer_size g uint r 65536..67108864 1048576
innodb_spin_wait_delay g uint w 0..6000 4
innodb_stats_auto_recalc g bool w - ON
innodb_stats_include_delete_marked g bool w - OFF
innodb_stats_method g enum w nulls_equal,nulls_unequal,nulls_ignored nulls_equal
innodb_stats_modified_counter g uint w 0..18446744073709551615 0
innodb_stats_on_metadata g bool w - OFF
innodb_stats_persistent g bool w - ON
innodb_stats_persistent_sample_pages g uint w 1..4294967295 20
innodb_stats_traditional g bool w - ON
innodb_stats_transient_sample_pages g uint w 1..4294967295 8
innodb_status_output g bool w - OFF
innodb_status_output_locks g bool w - OFF
innodb_strict_mode b bool w - ON
innodb_sync_spin_loops g uint w 0..18446744073709551615 30
innodb_table_locks b bool w - ON
innodb_temp_data_file_path g text r - ibtmp1:12M:autoextend
innodb_tmpdir b text w -
innodb_undo_directory g text r - ./
innodb_undo_log_truncate g bool w - OFF
innodb_undo_tablespaces g uint r 0..127 0
innodb_use_atomic_writes g bool r - ON
innodb_use_native_aio g bool r - ON
innodb_write_io_threads g uint w 2..64 4
insert_id s uint w 0..18446744073709551615 0
interactive_timeout b uint w 1..31536000 28800
in_predicate_conversion_threshold b uint w 0..4294967295 1000
in_transaction s uint r 0..1 0
join_buffer_size b uint w 128..18446744073709551615 262144
join_buffer_space_limit b uint w 2048..18446744073709551615 2097152
join_cache_level b uint w 0..8 2
keep_files_on_create b bool w - OFF
key_buffer_size g uint w 0..18446744073709551615 134217728
key_cache_age_threshold g uint w 100..4294967295 300
key_cache_block_size g uint w 512..16384 1024
key_cache_division_limit g uint w 1..100 100
key_cache_file_hash_size g uint w 128..16384 512
key_cache_segments g uint w 0..64 0
large_files_support g bool r - ON
large_pages g bool r - OFF
large_page_size g uint r 0..4294967295 0
last_gtid s text r -
last_insert_id s uint w 0..18446744073709551615 0
lc_messages b enum w - en_US
lc_messages_dir g text r -
lc_time_names b enum w - en_US
license g text r - GPL
local_infile g bool w - ON
locked_in_memory g bool r - OFF
lock_wait_timeout b uint w 0..31536000 86400
log_bin g bool r - OFF
log_bin_basename g text r -
log_bin_compress g bool w - OFF
log_bin_compress_min_len g uint w 10..1024 256
log_bin_index g text r -
log_bin_trust_function_creators g bool w - OFF
log_disabled_statements b set w slave,sp sp
log_error g text r -
log_output g set w NONE,FILE,TABLE FILE
log_queries_not_using_indexes b bool w - OFF
log_slave_updates g bool r - OFF
log_slow_admin_statements b bool w - ON
log_slow_disabled_statements b set w admin,call,slave,sp sp
log_slow_filter b set w admin,filesort,filesort_on_disk,filesort_priority_queue,full_join,full_scan,not_using_index,query_cache,query_cache_miss,tmp_table,tmp_table_on_disk admin,filesort,filesort_on_disk,filesort_priority_queue,full_join,full_scan,query_cache,query_cache_miss,tmp_table,tmp_table_on_disk
log_slow_max_warnings b uint w 0..1000 10
log_slow_min_examined_row_limit b uint w 0..4294967295 0
log_slow_query b bool w - OFF
log_slow_query_file g text w - localhost-slow.log
log_slow_query_time b double w 0..31536000 10.000000
log_slow_rate_limit b uint w 1..4294967295 1
log_slow_slave_statements b bool w - ON
log_slow_verbosity b set w innodb,query_plan,explain,engine,warnings,full
log_tc_size g uint r 12288..18446744073709551615 24576
log_warnings b uint w 0..4294967295 2
long_query_time b double w 0..31536000 10.000000
lower_case_file_system g bool r - OFF
lower_case_table_names g uint r 0..2 0
low_priority_updates b bool w - OFF
master_verify_checksum g bool w - OFF
max_allowed_packet b uint x 1024..1073741824 16777216
max_binlog_cache_size g uint w 4096..18446744073709551615 18446744073709547520
max_binlog_size g uint w 4096..1073741824 1073741824
max_binlog_stmt_cache_size g uint w 4096..18446744073709551615 18446744073709547520
max_connections g uint w 10..100000 151
max_connect_errors g uint w 1..4294967295 100
max_delayed_threads b uint w 0..16384 20
max_digest_length g uint r 0..1048576 1024
max_error_count b uint w 0..65535 64
max_heap_table_size b uint w 16384..18446744073709551615 16777216
max_insert_delayed_threads b uint w 0..16384 20
max_join_size b uint w 1..18446744073709551615 18446744073709551615
max_length_for_sort_data b uint w 4..8388608 1024
max_password_errors g uint w 1..4294967295 4294967295
max_prepared_stmt_count g uint w 0..4294967295 16382
max_recursive_iterations b uint w 0..4294967295 1000
max_relay_log_size b uint w 4096..1073741824 1073741824
max_rowid_filter_size b uint w 1024..18446744073709551615 131072
max_seeks_for_key b uint w 1..4294967295 4294967295
max_session_mem_used b uint w 8192..18446744073709551615 9223372036854775807
max_sort_length b uint w 64..8388608 1024
max_sp_recursion_depth b uint w 0..255 0
max_statement_time b double w 0..31536000 0.000000
max_tmp_tables b uint w 1..4294967295 32
max_user_connections b int x -1..2147483647 0
max_write_lock_count g uint w 1..4294967295 4294967295
metadata_locks_cache_size g uint r 1..1048576 1024
metadata_locks_hash_instances g uint r 1..1024 8
min_examined_row_limit b uint w 0..4294967295 0
mrr_buffer_size b uint w 8192..2147483647 262144
myisam_block_size g uint r 1024..16384 1024
myisam_data_pointer_size g uint w 2..7 6
myisam_max_sort_file_size g uint w 0..9223372036854775807 9223372036853727232
myisam_mmap_size g uint r 7..18446744073709551615 18446744073709551615
myisam_recover_options g set r DEFAULT,BACKUP,FORCE,QUICK,BACKUP_ALL,OFF BACKUP,QUICK
myisam_repair_threads b uint w 1..18446744073709551615 1
myisam_sort_buffer_size b uint w 4096..1152921504606846975 134216704
myisam_stats_method b enum w NULLS_UNEQUAL,NULLS_EQUAL,NULLS_IGNORED NULLS_UNEQUAL
myisam_use_mmap g bool w - OFF
mysql56_temporal_format g bool w - ON
net_buffer_length b uint x 1024..1048576 16384
net_read_timeout b uint w 1..31536000 30
net_retry_count b uint w 1..4294967295 10
net_write_timeout b uint w 1..31536000 60
note_verbosity b set w basic,unusable_keys,explain basic,explain
old b bool w - OFF
old_alter_table b enum w DEFAULT,COPY,INPLACE,NOCOPY,INSTANT DEFAULT
old_mode b set w NO_DUP_KEY_WARNINGS_WITH_IGNORE,NO_PROGRESS_INFO,ZERO_DATE_TIME_CAST,UTF8_IS_UTF8MB3,IGNORE_INDEX_ONLY_FOR_JOIN,COMPAT_5_1_CHECKSUM,NO_NULL_COLLATION_IDS UTF8_IS_UTF8MB3
old_passwords b bool w - OFF
open_files_limit g uint r 0..4294967295 20000
optimizer_adjust_secondary_key_costs b set w adjust_secondary_key_cost,disable_max_seek,disable_forced_index_in_group_by,fix_innodb_cardinality,fix_reuse_range_for_ref,fix_card_multiplier,fix_derived_table_read_cost,fix_order_by_index_choice fix_reuse_range_for_ref,fix_card_multiplier
optimizer_extra_pruning_depth b uint w 0..62 8
optimizer_join_limit_pref_ratio b uint w 0..4294967295 0
optimizer_max_sel_args b uint w 0..4294967295 16000
optimizer_max_sel_arg_weight b uint w 0..4294967295 32000
optimizer_prune_level b uint w 0..2 2
optimizer_search_depth b uint w 0..62 62
optimizer_selectivity_sampling_limit b uint w 10..4294967295 100
optimizer_switch b text w - index_merge=on,index_merge_union=on,index_merge_sort_union=on,index_merge_intersection=on,index_merge_sort_intersection=off,engine_condition_pushdown=off,index_condition_pushdown=on,derived_merge=on,derived_with_keys=on,firstmatch=on,loosescan=on,materialization=on,in_to_exists=on,semijoin=on,partial_match_rowid_merge=on,partial_match_table_scan=on,subquery_cache=on,mrr=off,mrr_cost_based=off,mrr_sort_keys=off,outer_join_with_cache=on,semijoin_with_cache=on,join_cache_incremental=on,join_cache_hashed=on,join_cache_bka=on,optimize_join_buffer_size=on,table_elimination=on,extended_keys=on,exists_to_in=on,orderby_uses_equalities=on,condition_pushdown_for_derived=on,split_materialized=on,condition_pushdown_for_subquery=on,rowid_filter=on,condition_pushdown_from_having=on,not_null_range_scan=off,hash_join_cardinality=off,cset_narrowing=off
optimizer_trace b text w - enabled=off
optimizer_trace_max_mem_size b uint w 0..18446744073709551615 1048576
optimizer_use_condition_selectivity b uint w 1..5 4
performance_schema g bool r - OFF
performance_schema_accounts_size g int r -1..1048576 -1
performance_schema_digests_size g int r -1..1048576 -1
performance_schema_events_stages_history_long_size g int r -1..1048576 -1
performance_schema_events_stages_history_size g int r -1..1024 -1
performance_schema_events_statements_history_long_size g int r -1..1048576 -1
performance_schema_events_statements_history_size g int r -1..1024 -1
performance_schema_events_transactions_history_long_size g int r -1..1048576 -1
performance_schema_events_transactions_history_size g int r -1..1024 -1
performance_schema_events_waits_history_long_size g int r -1..1048576 -1
performance_schema_events_waits_history_size g int r -1..1024 -1
performance_schema_hosts_size g int r -1..1048576 -1
performance_schema_max_cond_classes g uint r 0..256 90
performance_schema_max_cond_instances g int r -1..1048576 -1
performance_schema_max_digest_length g int r 0..1048576 1024
performance_schema_max_file_classes g uint r 0..256 80
performance_schema_max_file_handles g uint r 0..1048576 32768
performance_schema_max_file_instances g int r -1..1048576 -1
performance_schema_max_index_stat g int r -1..1048576 -1
performance_schema_max_memory_classes g uint r 0..1024 320
performance_schema_max_metadata_locks g int r -1..104857600 -1
performance_schema_max_mutex_classes g uint r 0..256 210
performance_schema_max_mutex_instances g int r -1..104857600 -1
performance_schema_max_prepared_statements_instances g int r -1..1048576 -1
performance_schema_max_program_instances g int r -1..1048576 -1
performance_schema_max_rwlock_classes g uint r 0..256 50
performance_schema_max_rwlock_instances g int r -1..104857600 -1
performance_schema_max_socket_classes g uint r 0..256 10
performance_schema_max_socket_instances g int r -1..1048576 -1
performance_schema_max_sql_text_length g int r 0..1048576 1024
performance_schema_max_stage_classes g uint r 0..256 160
performance_schema_max_statement_classes g uint r 0..256 222
performance_schema_max_statement_stack g uint r 1..256 10
performance_schema_max_table_handles g int r -1..1048576 -1
performance_schema_max_table_instances g int r -1..1048576 -1
performance_schema_max_table_lock_stat g int r -1..1048576 -1
performance_schema_max_thread_classes g uint r 0..256 50
performance_schema_max_thread_instances g int r -1..1048576 -1
performance_schema_session_connect_attrs_size g int r -1..1048576 -1
performance_schema_setup_actors_size g int r -1..1024 -1
performance_schema_setup_objects_size g int r -1..1048576 -1
performance_schema_users_size g int r -1..1048576 -1
pid_file g text r - /var/run/mysqld/mysqld.pid
plugin_dir g text r - /usr/lib/mysql/plugin/
plugin_maturity g enum r unknown,experimental,alpha,beta,gamma,stable gamma
port g uint r 0..65535 3306
preload_buffer_size b uint w 1024..1073741824 32768
profiling b bool w - OFF
profiling_history_size b uint w 0..100 15
progress_report_time b uint w 0..4294967295 5
protocol_version g uint r 0..4294967295 10
proxy_protocol_networks g text w -
proxy_user s text r -
pseudo_slave_mode s bool w - OFF
pseudo_thread_id s uint w 0..4294967295 0
query_alloc_block_size b uint w 1024..4294967295 32768
query_cache_limit g uint w 0..4294967295 1048576
query_cache_min_res_unit g uint w 0..4294967295 4096
query_cache_size g uint w 0..18446744073709551615 1048576
query_cache_strip_comments b bool w - OFF
query_cache_type b enum w OFF,ON,DEMAND OFF
query_cache_wlock_invalidate b bool w - OFF
query_prealloc_size b uint w 1024..4294967295 32768
rand_seed1 s uint w 0..18446744073709551615 0
rand_seed2 s uint w 0..18446744073709551615 0
range_alloc_block_size b uint w 4096..4294967295 4096
read_binlog_speed_limit g uint w 0..18446744073709551615 0
read_buffer_size b uint w 8192..2147483647 131072
read_only g bool w - OFF
read_rnd_buffer_size b uint w 1..2147483647 262144
relay_log g text r -
relay_log_basename g text r -
relay_log_index g text r -
relay_log_info_file g text r - relay-log.info
relay_log_purge g bool w - ON
relay_log_recovery g bool w - OFF
relay_log_space_limit g uint r 0..18446744073709551615 0
replicate_annotate_row_events g bool r - ON
replicate_do_db g text w -
replicate_do_table g text w -
replicate_events_marked_for_skip g enum w REPLICATE,FILTER_ON_SLAVE,FILTER_ON_MASTER REPLICATE
replicate_ignore_db g text w -
replicate_ignore_table g text w -
replicate_rewrite_db g text w -
replicate_wild_do_table g text w -
replicate_wild_ignore_table g text w -
report_host g text r -
report_password g text r -
report_port g uint r 0..4294967295 3306
report_user g text r -
require_secure_transport g bool w - OFF
rowid_merge_buff_size b uint w 0..9223372036854775807 8388608
rpl_semi_sync_master_enabled g bool w - OFF
rpl_semi_sync_master_timeout g uint w 0..18446744073709551615 10000
rpl_semi_sync_master_trace_level g uint w 0..18446744073709551615 32
rpl_semi_sync_master_wait_no_slave g bool w - ON
rpl_semi_sync_master_wait_point g enum w AFTER_SYNC,AFTER_COMMIT AFTER_COMMIT
rpl_semi_sync_slave_delay_master g bool w - OFF
rpl_semi_sync_slave_enabled g bool w - OFF
rpl_semi_sync_slave_kill_conn_timeout g uint w 0..4294967295 5
rpl_semi_sync_slave_trace_level g uint w 0..18446744073709551615 32
secure_auth g bool w - ON
secure_file_priv g text r - \N
secure_timestamp g enum r NO,SUPER,REPLICATION,YES NO
server_id b uint w 1..4294967295 1
server_uid g text r - DkfEyCg05YTAOEpD1D+Jo4sABps=
session_track_schema b bool w - ON
session_track_state_change b bool w - OFF
session_track_system_variables b text w - autocommit,character_set_client,character_set_connection,character_set_results,time_zone
session_track_transaction_info b enum w OFF,STATE,CHARACTERISTICS OFF
skip_external_locking g bool r - ON
skip_grant_tables g bool r - OFF
skip_name_resolve g bool r - OFF
skip_networking g bool r - OFF
skip_parallel_replication s bool w - OFF
skip_replication s bool w - OFF
skip_show_database g bool r - OFF
slave_compressed_protocol g bool w - OFF
slave_ddl_exec_mode g enum w STRICT,IDEMPOTENT IDEMPOTENT
slave_domain_parallel_threads g uint w 0..16383 0
slave_exec_mode g enum w STRICT,IDEMPOTENT STRICT
slave_load_tmpdir g text r - /tmp
slave_max_allowed_packet g uint w 1024..1073741824 1073741824
slave_max_statement_time g double w 0..31536000 0.000000
slave_net_timeout g uint w 1..31536000 60
slave_parallel_max_queued g uint w 0..2147483647 131072
slave_parallel_mode g enum w none,minimal,conservative,optimistic,aggressive optimistic
slave_parallel_threads g uint w 0..16383 0
slave_parallel_workers g uint w 0..16383 0
slave_run_triggers_for_rbr g enum w NO,YES,LOGGING,ENFORCE NO
slave_skip_errors g text r - OFF
slave_sql_verify_checksum g bool w - ON
slave_transaction_retries g uint w 0..4294967295 10
slave_transaction_retry_errors g text r - 1158,1159,1160,1161,1205,1213,1020,1429,2013,12701
slave_transaction_retry_interval g uint w 0..3600 0
slave_type_conversions g set w ALL_LOSSY,ALL_NON_LOSSY
slow_launch_time g uint w 0..31536000 2
slow_query_log b bool w - OFF
slow_query_log_file g text w - /var/lib/mysql/localhost-slow.log
socket g text r - /var/run/mysqld/mysqld.sock
sort_buffer_size b uint w 1024..18446744073709551615 2097152
sql_auto_is_null b bool w - OFF
sql_big_selects b bool w - ON
sql_buffer_result b bool w - OFF
sql_if_exists b bool w - OFF
sql_log_bin b bool w - ON
sql_log_off b bool w - OFF
sql_mode b set w REAL_AS_FLOAT,PIPES_AS_CONCAT,ANSI_QUOTES,IGNORE_SPACE,IGNORE_BAD_TABLE_OPTIONS,ONLY_FULL_GROUP_BY,NO_UNSIGNED_SUBTRACTION,NO_DIR_IN_CREATE,POSTGRESQL,ORACLE,MSSQL,DB2,MAXDB,NO_KEY_OPTIONS,NO_TABLE_OPTIONS,NO_FIELD_OPTIONS,MYSQL323,MYSQL40,ANSI,NO_AUTO_VALUE_ON_ZERO,NO_BACKSLASH_ESCAPES,STRICT_TRANS_TABLES,STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ALLOW_INVALID_DATES,ERROR_FOR_DIVISION_BY_ZERO,TRADITIONAL,NO_AUTO_CREATE_USER,HIGH_NOT_PRECEDENCE,NO_ENGINE_SUBSTITUTION,PAD_CHAR_TO_FULL_LENGTH,EMPTY_STRING_IS_NULL,SIMULTANEOUS_ASSIGNMENT,TIME_ROUND_FRACTIONAL STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_AUTO_CREATE_USER,NO_ENGINE_SUBSTITUTION
sql_notes b bool w - ON
sql_quote_show_create b bool w - ON
sql_safe_updates b bool w - OFF
sql_select_limit b uint w 0..18446744073709551615 18446744073709551615
sql_slave_skip_counter b uint w 0..4294967295 0
sql_warnings b bool w - OFF
ssl_ca g text r -
ssl_capath g text r -
ssl_cert g text r -
ssl_cipher g text r -
ssl_crl g text r -
ssl_crlpath g text r -
ssl_key g text r -
standard_compliant_cte b bool w - ON
storage_engine b text w - InnoDB
stored_program_cache g uint w 0..524288 256
strict_password_validation g bool w - ON
sync_binlog g uint w 0..4294967295 0
sync_frm g bool w - ON
sync_master_info g uint w 0..4294967295 10000
sync_relay_log g uint w 0..4294967295 10000
sync_relay_log_info g uint w 0..4294967295 10000
system_time_zone g text r - UTC
system_versioning_alter_history b enum w ERROR,KEEP ERROR
system_versioning_asof b text w - DEFAULT
system_versioning_insert_history b bool w - OFF
table_definition_cache g uint w 400..2097152 400
table_open_cache g uint w 10..1048576 2000
table_open_cache_instances g uint r 1..64 4
tcp_keepalive_interval g int w 0..2147483 0
tcp_keepalive_probes g int w 0..2147483 0
tcp_keepalive_time g int w 0..2147483 0
tcp_nodelay b bool w - ON
thread_cache_size g uint w 0..16384 256
thread_handling g enum r one-thread-per-connection,no-threads,pool-of-threads one-thread-per-connection
thread_pool_dedicated_listener g bool w - OFF
thread_pool_exact_stats g bool w - OFF
thread_pool_idle_timeout g uint w 1..4294967295 60
thread_pool_max_threads g uint w 1..65536 65536
thread_pool_oversubscribe g uint w 1..1000 3
thread_pool_priority b enum w high,low,auto auto
thread_pool_prio_kickup_timer g uint w 0..4294967295 1000
thread_pool_size g uint w 1..100000 2
thread_pool_stall_limit g uint w 1..4294967295 500
thread_stack g uint r 131072..18446744073709551615 299008
timestamp s double w 0..2147483647 0
time_format g text r - %H:%i:%s
time_zone b text w - SYSTEM
tls_version g set r TLSv1.0,TLSv1.1,TLSv1.2,TLSv1.3 TLSv1.2,TLSv1.3
tmpdir g text r - /tmp
tmp_disk_table_size b uint w 1024..18446744073709551615 18446744073709551615
tmp_memory_table_size b uint w 0..18446744073709551615 16777216
tmp_table_size b uint w 0..18446744073709551615 16777216
transaction_alloc_block_size b uint w 1024..134217728 8192
transaction_prealloc_size b uint w 1024..134217728 4096
tx_isolation b enum w READ-UNCOMMITTED,READ-COMMITTED,REPEATABLE-READ,SERIALIZABLE REPEATABLE-READ
tx_read_only b bool w - OFF
unique_checks b bool w - ON
updatable_views_with_limit b enum w NO,YES YES
userstat g bool w - OFF
use_stat_tables b enum w NEVER,COMPLEMENTARY,PREFERABLY,COMPLEMENTARY_FOR_QUERIES,PREFERABLY_FOR_QUERIES PREFERABLY_FOR_QUERIES
version g text r - 10.11.19-MariaDB-0+deb12u1
version_comment g text r - Debian 12
version_compile_machine g text r - x86_64
version_compile_os g text r - debian-linux-gnu
version_malloc_library g text r - system
version_source_revision g text r - 5843d8475120241667a7ce0f8a1abb6c9b43a273
version_ssl_library g text r - OpenSSL 3.0.19 27 Jan 2026
wait_timeout b uint w 1..31536000 28800
warning_count s uint r 0..18446744073709551615 0
wsrep_allowlist g text r -
wsrep_auto_increment_control g bool w - ON
wsrep_causal_reads b bool w - OFF
wsrep_certification_rules g enum w strict,optimized strict
wsrep_certify_nonpk g bool w - ON
wsrep_cluster_address g text w -
wsrep_cluster_name g text w - my_wsrep_cluster
wsrep_convert_lock_to_trx g bool w - OFF
wsrep_data_home_dir g text r - /var/lib/mysql/
wsrep_dbug_option g text w -
wsrep_debug g enum w NONE,SERVER,TRANSACTION,STREAMING,CLIENT NONE
wsrep_desync g bool w - OFF
wsrep_dirty_reads b bool w - OFF
wsrep_drupal_282555_workaround g bool w - OFF
wsrep_forced_binlog_format g enum w MIXED,STATEMENT,ROW,NONE NONE
wsrep_gtid_domain_id g uint w 0..4294967295 0
wsrep_gtid_mode g bool w - OFF
wsrep_gtid_seq_no s uint w 0..18446744073709551615 0
wsrep_ignore_apply_errors g uint w 0..7 7
wsrep_load_data_splitting g bool w - OFF
wsrep_log_conflicts g bool w - OFF
wsrep_max_ws_rows g uint w 0..1048576 0
wsrep_max_ws_size g uint w 1024..2147483647 2147483647
wsrep_mode g set w STRICT_REPLICATION,BINLOG_ROW_FORMAT_ONLY,REQUIRED_PRIMARY_KEY,REPLICATE_MYISAM,REPLICATE_ARIA,DISALLOW_LOCAL_GTID,BF_ABORT_MARIABACKUP
wsrep_mysql_replication_bundle g uint w 0..1000 0
wsrep_node_address g text w -
wsrep_node_incoming_address g text w - AUTO
wsrep_node_name g text w - vm
wsrep_notify_cmd g text r -
wsrep_on b bool w - OFF
wsrep_osu_method b enum w TOI,RSU TOI
wsrep_patch_version g text r - wsrep_26.22
wsrep_provider g text r - none
wsrep_provider_options g text w -
wsrep_recover g bool r - OFF
wsrep_reject_queries g enum w NONE,ALL,ALL_KILL NONE
wsrep_restart_slave g bool w - OFF
wsrep_retry_autocommit b uint w 0..10000 1
wsrep_slave_fk_checks g bool w - ON
wsrep_slave_threads g uint w 1..512 1
wsrep_slave_uk_checks g bool w - OFF
wsrep_sr_store g enum r none,table table
wsrep_sst_auth g text w -
wsrep_sst_donor g text w -
wsrep_sst_donor_rejects_queries g bool w - OFF
wsrep_sst_method g text w - rsync
wsrep_sst_receive_address g text w - AUTO
wsrep_start_position g text w - 00000000-0000-0000-0000-000000000000:-1
wsrep_status_file g text r -
wsrep_sync_wait b uint w 0..15 0
wsrep_trx_fragment_size b uint w 0..2147483647 0
wsrep_trx_fragment_unit b enum w bytes,rows,statements bytes
"""  # noqa: E501
