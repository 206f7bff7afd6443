/* core/base/utf8: the table of RFC 3629, section 4. */
#include "core/base/utf8.h"
#include "tests/unit/unit.h"

static void tells_characters_from_other_bytes(void)
{
    static const struct {
        const char *bytes;
        size_t len;
    } cases[] = {
        {"a", 1},
        {"\x7f", 1},
        {"\xc2\x80", 2},
        {"\xdf\xbf", 2},
        {"\xe0\xa0\x80", 3},
        {"\xed\x9f\xbf", 3},
        {"\xee\x80\x80", 3},
        {"\xef\xbf\xbf", 3},
        {"\xf0\x90\x80\x80", 4},
        {"\xf4\x8f\xbf\xbf", 4},
        {"\x80", 0},             /* the rest of something */
        {"\xc1\xbf", 0},         /* overlong */
        {"\xe0\x9f\xbf", 0},     /* likewise */
        {"\xf0\x8f\xbf\xbf", 0}, /* likewise */
        {"\xed\xa0\x80", 0},     /* half of a pair of UTF-16 */
        {"\xf4\x90\x80\x80", 0}, /* beyond U+10FFFF */
        {"\xf5\x80\x80\x80", 0},
        {"\xff", 0},
        {"\xe2\x82", 0}, /* cut off */
        {"\xc3(", 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t len = strlen(cases[i].bytes);

        UNIT_ASSERT_NUMBER(hy_utf8_char((const unsigned char *)cases[i].bytes, len), cases[i].len);
        CU_ASSERT(hy_is_utf8(cases[i].bytes) == (cases[i].len != 0));
    }
    CU_ASSERT(hy_is_utf8(""));
    CU_ASSERT(hy_is_utf8("m\xc3\xbcller"));
    CU_ASSERT(!hy_is_utf8("m\xfcller"));
    CU_ASSERT(!hy_is_utf8("m\xc3"));
}

UNIT_SUITE(utf8, UNIT_TEST(tells_characters_from_other_bytes));
