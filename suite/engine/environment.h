/* The system that the suite runs on, as the records call it. */
#ifndef WSPCHECK_ENGINE_ENVIRONMENT_H
#define WSPCHECK_ENGINE_ENVIRONMENT_H

#define ENVIRONMENT_BYTES 128

struct environment {
    char name[ENVIRONMENT_BYTES]; /* "wine-8.0-x64", "windows-26100-x64" */
    char os[ENVIRONMENT_BYTES];   /* for people */
    char wine[ENVIRONMENT_BYTES]; /* Wine's version, "" on Windows */
    char kernel[ENVIRONMENT_BYTES]; /* "Linux 6.1.0", "ntoskrnl 10.0.26100.1742", "" if it can't be told */
    const char *arch;             /* of this program: "x64", "x86", "arm64" */
};

void environment_detect(struct environment *e);

#endif
