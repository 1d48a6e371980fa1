/* Cases that prove a lab before it is trusted: each must end with the verdict that its comment says. */
#include "engine/case.h"
#include "engine/expect.h"

/* Must pass. */
CASE(passes, SELFTEST)
{
    expect_fact(true, "yes", "yes");
}

/* Must fail. */
CASE(fails, SELFTEST)
{
    expect_fact(false, "yes", "no");
}

/* Must be tolerated. */
CASE(tolerated, SELFTEST)
{
    expect_fact_or_tolerate(false, true, "this case allows it", "yes", "no");
}

/* Must pass: what is observed only has no wrong answer. */
CASE(observed, SELFTEST, OBSERVED)
{
    expect_fact(false, "yes", "no");
}

/* Must be skipped. */
CASE(skips, SELFTEST)
{
    skip_case("this case never applies");
}

/* Must be unreached. */
CASE(unreached, SELFTEST)
{
    unreached("this case never reaches its situation");
}
