int main(int count, char **arguments)
{
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
    SetUnhandledExceptionFilter(crashed);
    checked(CreateThread(NULL, 0, watchdog, NULL, 0, NULL));
    set_environment();
    load(count, arguments);
    replay();
    stop(report());
    return 0;
}
