/* How hythectl shows things. */
#include "core/server/hythectl_show.h"
#include "tests/unit/unit.h"

#include <stdint.h>

static void sizes_and_spans_are_short(void)
{
    static const struct {
        json_int_t n;
        const char *size, *span;
    } rows[] = {{0, "0", "0s"},         {59, "59", "59s"},          {60, "60", "1m"},
                {999, "999", "16m"},    {1000, "1.0K", "16m"},      {1536, "1.5K", "25m"},
                {3599, "3.5K", "59m"},  {3600, "3.5K", "1h00"},     {86399, "84K", "23h59"},
                {86400, "84K", "1d00"}, {1048575, "1.0M", "12d03"}, {INT64_MAX, "8.0E", "106751991167300d15"}};
    char text[HYTHECTL_SHORT];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        UNIT_ASSERT_STRING(hythectl_size(rows[i].n, text), rows[i].size);
        UNIT_ASSERT_STRING(hythectl_span(rows[i].n, text), rows[i].span);
    }
}

static char *shown(const char *command, const char *answer)
{
    json_t *json = json_loads(answer, 0, NULL);
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    CU_ASSERT_FATAL(out != NULL && json != NULL);
    hythectl_show(command, json, out);
    (void)fclose(out);
    json_decref(json);
    return text;
}

static void columns_are_as_wide_as_their_cells(void)
{
    char a[] = "a", wide[] = "h\xc3\xa9llo", b[] = "b";
    const struct hythectl_row rows[] = {
        {.cells = {a, b}}, {.cells = {wide, b}, .below = "  more\n"}, {.cells = {NULL, b}}};
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    CU_ASSERT_FATAL(out != NULL);
    hythectl_table(rows, 3, out);
    (void)fclose(out);
    UNIT_ASSERT_STRING(text, "a      b\nh\xc3\xa9llo  b\n  more\n       b\n");
    free(text);
}

static void shows_connections_with_what_is_below_them(void)
{
    char *text = shown(
        "sessions", "{\"sessions\": [{\"id\": 3, \"user\": \"al\", \"address\": \"::1\", \"port\": 5, \"since\": \"T\","
                    " \"idle\": 61, \"in\": 1, \"out\": 2048, \"client\": \"c\", \"algorithms\": {\"kex\": \"k\","
                    " \"host_key\": \"h\", \"cipher_in\": \"x\", \"cipher_out\": \"x\", \"mac_in\": \"m\","
                    " \"mac_out\": \"n\", \"compression_in\": \"none\", \"compression_out\": \"none\", \"strict\":"
                    " true}, \"channels\": [{\"protocol\": 3, \"files\": []}, {\"protocol\": 6, \"open\": 3, \"files\":"
                    " [{\"path\": \"/f\", \"open_for\": \"write\", \"read\": 0, \"written\": 7, \"offset\": 9}]}]},"
                    " {\"id\": 12, \"user\": null, \"address\": \"1.2.3.4\", \"port\": 6, \"idle\": null}]}");

    UNIT_ASSERT_STRING(text, "ID  USER  FROM       SINCE  IDLE  SFTP  IN  OUT   CLIENT\n"
                             "3   al    [::1]:5    T      1m    3,6   1   2.0K  c\n"
                             "    k, h, x, m in, n out, none, strict\n"
                             "    /f: write, 0 read, 7 written, at 9\n"
                             "    and 2 more\n"
                             "12  -     1.2.3.4:6         -     -     0   0     \n");
    free(text);
}

/* An answer of another version may lack anything. */
static void shows_nothing_of_what_is_not_there(void)
{
    static const char *const commands[] = {"status", "sessions", "kick", "rekey", "reload", "drain", "log", "other"};

    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        free(shown(commands[i], "{}"));
        free(shown(commands[i], "{\"sessions\": [1, {}], \"listening\": 7, \"memory\": []}"));
    }
}

UNIT_SUITE(server_show, UNIT_TEST(sizes_and_spans_are_short), UNIT_TEST(columns_are_as_wide_as_their_cells),
           UNIT_TEST(shows_connections_with_what_is_below_them), UNIT_TEST(shows_nothing_of_what_is_not_there));
