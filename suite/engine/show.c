#include "engine/list.h"

#include <stdio.h>
#include <string.h>

#include "engine/console.h"
#include "engine/exit.h"
#include "engine/needs.h"
#include "engine/registry.h"
#include "engine/report.h"

static void show_needs(const struct case_instance *i)
{
    char line[256] = "";

    for (size_t n = 0; n < NEEDS_KNOWN; n++) {
        size_t length = strlen(line);

        if ((instance_needs(i) & need_at(n)) != 0) {
            snprintf(line + length, sizeof line - length, "%s%s", length > 0 ? ", " : "", need_name(n));
        }
    }
    if (line[0] != '\0') {
        console_line(PLAIN, "needs     %s", line);
    }
}

static void show_common(const struct case_instance *i, bool whole)
{
    enum statement covers[INSTANCE_COVERS + 1];
    size_t count = instance_statements(i, covers);
    char path[128];

    for (size_t s = 0; s < count; s++) {
        report_statement(covers[s], "");
    }
    console_line(PLAIN, "%s", "");
    console_text(instance_comment(i), "");
    console_line(PLAIN, "%s", "");
    console_line(PLAIN, "grade     %s", grade_name(i->def->grade));
    if (whole) {
        show_needs(i);
    }
    console_line(PLAIN, "revision  %u", instance_revision(i));
    source_path(path, sizeof path, i->def->file);
    console_line(PLAIN, "at        %s:%d", path, i->def->line);
}

/* A statement of a row stands beside the row: above are those of the first one. */
static void show_row(const struct case_instance *i)
{
    char line[512];
    int length = snprintf(line, sizeof line, "    %-52s", i->id);

    for (size_t s = 0; i->row != NULL && s < ROW_COVERS && i->row->covers[s] != STATEMENT_NONE; s++) {
        length += snprintf(line + length, sizeof line - (size_t)length, " %s",
                           statement_text(i->row->covers[s])->id);
    }
    console_line(PLAIN, "%s", line);
}

int show_case(const char *id)
{
    const struct case_instance *first = NULL;
    size_t count = 0;

    for (size_t n = 0; n < registry_count(); n++) {
        const struct case_instance *i = registry_at(n);

        if (id_matches(id, i->id) && strpbrk(id, "*?") == NULL) {
            first = first != NULL ? first : i;
            count++;
        }
    }
    if (first == NULL) {
        console_error("show: no case '%s', expected an ID of wspcheck list cases", id);
        return EXIT_WRONG_USE;
    }
    console_line(GREEN, "%s", id);
    show_common(first, count == 1);
    if (strcmp(first->id, id) != 0) {
        console_line(PLAIN, "rows");
        for (size_t n = 0; n < registry_count(); n++) {
            if (id_matches(id, registry_at(n)->id)) {
                show_row(registry_at(n));
            }
        }
    }
    console_line(PLAIN, "alone     wspcheck run --manifest FILE --case %s", id);
    return EXIT_NOTHING_RED;
}
