namespace PSSharedMemory.ConsoleHost;

internal static class Program
{
    private static int Main() => 0;
}
