"""The side that knows SQL: statements are read, planned and answered here, from the state of sessions.

What comes in is the text of a statement or the value of a parameter, what goes out are the steps of
:mod:`fakemysql.answers`. Nothing in this folder sees a packet, a socket or a clock of its own; nothing outside of it
reads SQL. The rest of the package is the protocol, and is read without this folder.

A way in, by the question that one has:

==================================  =================================================================================
what happens to a statement         ``engine``, then ``tokens``, ``statements`` and ``expressions`` (text to ``nodes``)
what a SELECT answers               ``query_grammar``, ``select``, ``relations`` (what FROM names), ``evaluation``
what an operator or a cast does     ``operators``, ``casts``, ``literals``
what a function does                ``string_functions``, ``numeric_functions``, ``choosing``, ``temporal``,
                                    ``session_functions``
which type a column is sent with    ``shapes``, ``values``, ``charsets``
what a session is                   ``session``, ``transactions``, ``locks``; the server around it: ``instance``
variables, SET, SHOW                ``variables`` and its two tables, ``settings``, ``show``, ``status``
where the two servers differ        ``dialect``; the texts of errors: ``sqlerrors``
what a table is, its rows           ``column_types``, ``definitions``, ``storing``; ``tables`` (versions, snapshots)
what happens to rows                ``table_statements``, ``inserting``, ``table_relations``, ``table_access`` (waits)
what ``?`` does                     ``preparing``
==================================  =================================================================================
"""
