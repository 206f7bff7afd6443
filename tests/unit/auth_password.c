#include "core/auth/auth.h"
#include "core/auth/password.h"
#include "tests/unit/auth_samples.h"
#include "tests/unit/unit.h"

#include <errno.h>

static const char *const good[] = {SAMPLE_YESCRYPT, SAMPLE_GOST,         SAMPLE_SCRYPT, SAMPLE_BCRYPT,
                                   SAMPLE_SHA512,   SAMPLE_SHA512_PLAIN, SAMPLE_SHA256};
enum { GOOD = sizeof good / sizeof *good };

static int matches(const char *password, const char *hash)
{
    return hy_crypt_hasher.matches(hy_crypt_hasher.ctx, password, hash);
}

static void every_accepted_method_checks_a_password(void)
{
    const char *why = NULL;

    for (size_t i = 0; i < GOOD; i++) {
        CU_ASSERT(hy_password_hash_ok(good[i], &why));
        UNIT_ASSERT_NUMBER(matches(SAMPLE_PASSWORD, good[i]), 1);
        UNIT_ASSERT_NUMBER(matches(SAMPLE_PASSWORD "x", good[i]), 0);
        UNIT_ASSERT_NUMBER(matches("", good[i]), 0);
    }
}

static void a_hash_that_is_cut_or_extended_is_refused(void)
{
    char text[256];
    const char *why;

    for (size_t i = 0; i < GOOD; i++) {
        size_t len = strlen(good[i]);

        for (size_t cut = 0; cut < len; cut++) {
            (void)snprintf(text, sizeof text, "%.*s", (int)cut, good[i]);
            why = NULL;
            CU_ASSERT(!hy_password_hash_ok(text, &why) && why);
        }
        (void)snprintf(text, sizeof text, "%sx", good[i]);
        CU_ASSERT(!hy_password_hash_ok(text, &why));
        (void)snprintf(text, sizeof text, "%s$", good[i]);
        CU_ASSERT(!hy_password_hash_ok(text, &why));
        (void)snprintf(text, sizeof text, "%s\n", good[i]);
        CU_ASSERT(!hy_password_hash_ok(text, &why));
        (void)snprintf(text, sizeof text, "%s", good[i]);
        text[len - 1] = '!';
        CU_ASSERT(!hy_password_hash_ok(text, &why));
    }
}

static void what_is_no_strong_hash_is_refused_with_its_reason(void)
{
    static const struct {
        const char *hash, *reason;
    } table[] = {
        {"", "empty or locked"},
        {"!", "empty or locked"},
        {"*", "empty or locked"},
        {"!" SAMPLE_SHA512, "empty or locked"},
        {"*0", "empty or locked"},
        {"abvM0u5Ld7mLY", "not a crypt(5) hash"},
        {"_J9..rasm3I3.7IOQ/Rk", "not a crypt(5) hash"},
        {"example-password", "not a crypt(5) hash"},
        {"$9$salt$abc", "not a crypt(5) hash"},
        {"$1$saltsalt$riBfTGrI1xXNuZWj0NMSA0", "too weak"},
        {"$3$$a9f0dd57e1edab5bb55a9ac0a99c15ec", "too weak"},
        {"$md5,rounds=5000$abc$$8e/7oOoCBHksFHgK9Syeo1", "too weak"},
        {"$sha1$1000$abc$wibGYFHUvxDNcxbVr/Yszpk18ZfE", "too weak"},
        {"$2x$05$abcdefghijklmnopqrstuuhKF09ZYWwH2zP/0fwE1X8e/Q1YNx/hO", "too weak"},
        {"$6$", "sha512crypt"},
        {"$6$salt", "sha512crypt"},
        {"$6$rounds=5$saltsalt$FvmXFdKgYYK//wL1qNea/quX6d0qHYkW33.PGHzE5/"
         "zjV5Sp0T9bKFGQ8Nnnxc0VvMIGOipcigWm2FQ0/12vX/",
         "sha512crypt"},
        {"$5$salt$abc", "sha256crypt"},
        {"$y$j9T$$", "yescrypt"},
        {"$2b$4$abcdefghijklmnopqrstuuINEu0.fL6TmOr.GOngyVnjNLH3aX75y", "bcrypt"},
        {"$7$$", "scrypt"},
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const char *why = "accepted";

        CU_ASSERT(!hy_password_hash_ok(table[i].hash, &why));
        if (!strstr(why, table[i].reason))
            printf("  %s: %s\n", table[i].hash, why);
        CU_ASSERT(strstr(why, table[i].reason) != NULL);
    }
}

static void the_cost_of_a_hash_ends_where_its_salt_begins(void)
{
    UNIT_ASSERT_NUMBER(hy_password_cost_len(SAMPLE_YESCRYPT), strlen("$y$j75$"));
    UNIT_ASSERT_NUMBER(hy_password_cost_len(SAMPLE_GOST), strlen("$gy$j75$"));
    UNIT_ASSERT_NUMBER(hy_password_cost_len(SAMPLE_SCRYPT), strlen("$7$3/..../...."));
    UNIT_ASSERT_NUMBER(hy_password_cost_len(SAMPLE_BCRYPT), strlen("$2b$04$"));
    UNIT_ASSERT_NUMBER(hy_password_cost_len(SAMPLE_SHA512), strlen("$6$rounds=1000$"));
    UNIT_ASSERT_NUMBER(hy_password_cost_len(SAMPLE_SHA512_PLAIN), strlen("$6$"));
    UNIT_ASSERT_NUMBER(hy_password_cost_len(SAMPLE_SHA256), strlen("$5$rounds=1000$"));
}

static void a_hash_that_crypt_refuses_is_an_error_not_a_mismatch(void)
{
    CU_ASSERT(matches("x", "$y$zzz$abcdefghijklmnop$Sp5DnxLRih3yO6sQmU/cGBwor87SAxUyTDYpwSxZ1W/") < 0);
}

static void a_new_hash_is_yescrypt_and_checks(void)
{
    char *hash = hy_password_hash("a new one"), *again = hy_password_hash("a new one");
    const char *why;

    CU_ASSERT_FATAL(hash && again);
    CU_ASSERT(strncmp(hash, "$y$", 3) == 0);
    CU_ASSERT(hy_password_hash_ok(hash, &why));
    UNIT_ASSERT_NUMBER(matches("a new one", hash), 1);
    UNIT_ASSERT_NUMBER(matches("another", hash), 0);
    CU_ASSERT(strcmp(hash, again) != 0);
    free(hash);
    free(again);
}

static void the_longest_password_has_a_hash_and_a_longer_one_has_none(void)
{
    char password[HY_PASSWORD_MAX + 2];
    char *hash;

    memset(password, 'a', sizeof password);
    password[HY_PASSWORD_MAX + 1] = '\0';
    errno = 0;
    CU_ASSERT_PTR_NULL(hy_password_hash(password));
    UNIT_ASSERT_NUMBER(errno, ERANGE);
    password[HY_PASSWORD_MAX] = '\0';
    hash = hy_password_hash(password);
    CU_ASSERT_PTR_NOT_NULL_FATAL(hash);
    UNIT_ASSERT_NUMBER(matches(password, hash), 1);
    free(hash);
}

UNIT_SUITE(auth_password, UNIT_TEST(every_accepted_method_checks_a_password),
           UNIT_TEST(a_hash_that_is_cut_or_extended_is_refused),
           UNIT_TEST(what_is_no_strong_hash_is_refused_with_its_reason),
           UNIT_TEST(the_cost_of_a_hash_ends_where_its_salt_begins),
           UNIT_TEST(a_hash_that_crypt_refuses_is_an_error_not_a_mismatch),
           UNIT_TEST(a_new_hash_is_yescrypt_and_checks),
           UNIT_TEST(the_longest_password_has_a_hash_and_a_longer_one_has_none));
