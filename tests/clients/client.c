/* Drives libmariadb by the lines that README.md explains. Usage: client libmariadb HOST PORT */
#include <mysql.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINKS 26
#define WORDS 8
#define CELL (18 << 20)

static MYSQL *links[LINKS];
static unsigned long ids[LINKS];

static void show(const char *text, unsigned long length)
{
    int printable = 1;
    if (text == NULL) {
        printf("NULL");
        return;
    }
    for (unsigned long index = 0; index < length; index++)
        printable = printable && ((unsigned char)text[index] >= 32 || text[index] == '\n');
    printf(printable ? "'" : "0x");
    for (unsigned long index = 0; index < length; index++) {
        if (!printable)
            printf("%02x", (unsigned char)text[index]);
        else if (text[index] == '\n')
            printf("\\n");
        else
            putchar(text[index]);
    }
    if (printable)
        putchar('\'');
}

static void show_fields(MYSQL_FIELD *fields, unsigned int count)
{
    printf("rows ");
    for (unsigned int index = 0; index < count; index++)
        printf("%s%s/%d/%lu/%u/%u/%u", index ? "|" : "", fields[index].name, fields[index].type, fields[index].length,
               fields[index].flags, fields[index].decimals, fields[index].charsetnr);
    printf(":");
}

static void fail(MYSQL *link)
{
    printf("error %u %s %s", mysql_errno(link), mysql_sqlstate(link), mysql_error(link));
}

static void show_result(MYSQL *link)
{
    MYSQL_RES *result = mysql_store_result(link);
    MYSQL_ROW row;
    if (result == NULL) {
        if (mysql_errno(link))
            fail(link);
        else
            printf("ok affected=%lld insert_id=%llu warnings=%u status=%u info=%s", (long long)mysql_affected_rows(link),
                   (unsigned long long)mysql_insert_id(link), mysql_warning_count(link), link->server_status,
                   mysql_info(link) ? mysql_info(link) : "-");
        return;
    }
    show_fields(mysql_fetch_fields(result), mysql_num_fields(result));
    while ((row = mysql_fetch_row(result)) != NULL) {
        unsigned long *lengths = mysql_fetch_lengths(result);
        printf(" (");
        for (unsigned int index = 0; index < mysql_num_fields(result); index++) {
            if (index)
                printf(", ");
            show(row[index], lengths[index]);
        }
        putchar(')');
    }
    printf(" status=%u", link->server_status);
    mysql_free_result(result);
}

static void several(MYSQL *link, const char *sql)
{
    int more;
    if (mysql_real_query(link, sql, strlen(sql))) {
        fail(link);
        return;
    }
    do {
        show_result(link);
        more = mysql_next_result(link);
        if (more >= 0)
            printf(" ; ");
        if (more > 0)
            fail(link);
    } while (more == 0);
}

static void prepared(MYSQL *link, int count, char **words)
{
    MYSQL_STMT *statement = mysql_stmt_init(link);
    MYSQL_BIND values[WORDS], cells[WORDS];
    char text[WORDS][256];
    unsigned long lengths[WORDS];
    my_bool nulls[WORDS];
    MYSQL_RES *meta;
    memset(values, 0, sizeof values);
    memset(cells, 0, sizeof cells);
    if (mysql_stmt_prepare(statement, words[0], strlen(words[0])))
        goto failed;
    printf("%lu parameters, ", mysql_stmt_param_count(statement));
    for (int index = 1; index < count; index++) {
        values[index - 1].buffer_type = MYSQL_TYPE_STRING;
        values[index - 1].buffer = words[index];
        values[index - 1].buffer_length = strlen(words[index]);
    }
    if (mysql_stmt_bind_param(statement, values) || mysql_stmt_execute(statement))
        goto failed;
    meta = mysql_stmt_result_metadata(statement);
    if (meta == NULL) {
        printf("ok affected=%lld status=%u", (long long)mysql_stmt_affected_rows(statement), link->server_status);
    } else {
        unsigned int fields = mysql_num_fields(meta);
        show_fields(mysql_fetch_fields(meta), fields);
        for (unsigned int index = 0; index < fields && index < WORDS; index++) {
            cells[index].buffer_type = MYSQL_TYPE_STRING;
            cells[index].buffer = text[index];
            cells[index].buffer_length = sizeof text[index];
            cells[index].length = &lengths[index];
            cells[index].is_null = &nulls[index];
        }
        mysql_stmt_bind_result(statement, cells);
        mysql_stmt_store_result(statement);
        while (mysql_stmt_fetch(statement) == 0) {
            printf(" (");
            for (unsigned int index = 0; index < fields && index < WORDS; index++) {
                if (index)
                    printf(", ");
                show(nulls[index] ? NULL : text[index], lengths[index]);
            }
            putchar(')');
        }
        printf(" status=%u", link->server_status);
        mysql_free_result(meta);
    }
    mysql_stmt_close(statement);
    return;
failed:
    printf("error %u %s %s", mysql_stmt_errno(statement), mysql_stmt_sqlstate(statement), mysql_stmt_error(statement));
    mysql_stmt_close(statement);
}

static void done(MYSQL *link, int failed)
{
    if (failed)
        fail(link);
    else
        printf("ok status=%u", link->server_status);
}

static void open_link(int slot, const char *host, unsigned int port, char **words)
{
    MYSQL *link = mysql_init(NULL);
    mysql_options(link, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    links[slot] = link;
    if (!mysql_real_connect(link, host, words[0], words[1], *words[2] ? words[2] : NULL, port, NULL,
                            CLIENT_MULTI_STATEMENTS)) {
        fail(link);
        return;
    }
    ids[slot] = mysql_thread_id(link);
    printf("ok status=%u", link->server_status);
}

/* Puts the connection ids in the place of {a}, {b}, ... */
static char *filled(const char *word, char *out)
{
    char *to = out;
    while (*word) {
        if (word[0] == '{' && islower((unsigned char)word[1]) && word[2] == '}') {
            to += sprintf(to, "%lu", ids[word[1] - 'a']);
            word += 3;
        } else {
            *to++ = *word++;
        }
    }
    *to = 0;
    return out;
}

static void obey(const char *host, unsigned int port, int count, char **fields)
{
    int slot = fields[0][0] - 'a';
    MYSQL *link = links[slot];
    const char *verb = fields[1];
    char **words = fields + 2;
    count -= 2;
    if (!strcmp(verb, "connect"))
        open_link(slot, host, port, words);
    else if (!strcmp(verb, "query") || !strncmp(verb, "multi", 5))
        several(link, words[0]);
    else if (!strcmp(verb, "prepare") || !strcmp(verb, "param"))
        prepared(link, count, words);
    else if (!strcmp(verb, "ping"))
        done(link, mysql_ping(link));
    else if (!strcmp(verb, "use"))
        done(link, mysql_select_db(link, words[0]));
    else if (!strcmp(verb, "reset"))
        done(link, mysql_reset_connection(link));
    else if (!strcmp(verb, "change_user"))
        done(link, mysql_change_user(link, words[0], words[1], words[2]));
    else if (!strcmp(verb, "option"))
        done(link, mysql_set_server_option(link, *words[0] == '1' ? MYSQL_OPTION_MULTI_STATEMENTS_ON
                                                                  : MYSQL_OPTION_MULTI_STATEMENTS_OFF));
    else if (!strcmp(verb, "charset"))
        done(link, mysql_set_character_set(link, words[0]));
    else if (!strcmp(verb, "autocommit"))
        done(link, mysql_autocommit(link, *words[0] == '1'));
    else if (!strcmp(verb, "commit"))
        done(link, mysql_commit(link));
    else if (!strcmp(verb, "rollback"))
        done(link, mysql_rollback(link));
    else if (!strcmp(verb, "statistics"))
        printf("text %.8s", mysql_stat(link));
    else if (!strcmp(verb, "server"))
        printf("text %lu", mysql_get_server_version(link));
    else if (!strcmp(verb, "quit")) {
        mysql_close(link);
        printf("ok");
    } else
        printf("unsupported");
}

int main(int argc, char **argv)
{
    static char line[CELL], room[WORDS][CELL];
    char *fields[WORDS];
    if (argc != 4)
        return 2;
    setvbuf(stdout, NULL, _IOFBF, CELL);
    printf("C libmariadb %s\n", mysql_get_client_info());
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        int count = 0;
        char *next = line;
        line[strcspn(line, "\n")] = 0;
        while (next && count < WORDS) {
            char *word = strsep(&next, "\t");
            fields[count] = filled(word, room[count]);
            count++;
        }
        obey(argv[2], (unsigned int)atoi(argv[3]), count, fields);
        putchar('\n');
        fflush(stdout);
    }
    return 0;
}
