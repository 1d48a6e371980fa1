/* What a file says of its signature. Signed files are made by tests/test_identity.py. */
#include "unit.h"
#include "host/signature.h"

static void a_program_without_a_signature_has_none(void **state)
{
    (void)state;
    WCHAR own[MAX_PATH];
    char text[64] = "x";

    GetModuleFileNameW(NULL, own, MAX_PATH);
    assert_true(file_signature(own, text, sizeof text));
    assert_string_equal(text, "none");
}

static void what_is_no_program_has_no_answer(void **state)
{
    (void)state;
    char text[64] = "x";

    assert_false(file_signature(L"no such file.dll", text, sizeof text));
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_program_without_a_signature_has_none),
        cmocka_unit_test(what_is_no_program_has_no_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
