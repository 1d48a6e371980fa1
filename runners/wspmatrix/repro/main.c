int main(int count, char **arguments)
{
    ULONG stack = 65536;

    SetThreadStackGuarantee(&stack);
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
    crash = checked(CreateEventW(NULL, TRUE, FALSE, NULL));
    SetUnhandledExceptionFilter(crashed);
    checked(CreateThread(NULL, 0, watchdog, NULL, 0, NULL));
    set_environment();
    load(count, arguments);
    replay();
    stop(report());
    return 0;
}
