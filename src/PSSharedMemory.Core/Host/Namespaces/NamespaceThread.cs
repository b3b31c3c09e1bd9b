using System;
using System.Runtime.ExceptionServices;
using System.Threading;

namespace PSSharedMemory;

/// <summary>
/// Makes one call on a thread of its own that has entered a namespace first. The thread ends after the call and goes
/// back into no pool: nothing else ever runs in the wrong namespace, and no namespace is kept alive by having been
/// looked at.
/// </summary>
internal static class NamespaceThread
{
    private const int StackSize = 1 << 20;

    /// <summary>Enters, makes the call and waits for it; the exceptions of both come back.</summary>
    public static T Run<T>(string name, Action enter, Func<T> call)
    {
        T result = default!;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(
            () =>
            {
                try
                {
                    enter();
                    result = call();
                }
                catch (Exception error)
                {
                    failure = ExceptionDispatchInfo.Capture(error);
                }
            },
            StackSize)
        {
            IsBackground = true,
            Name = name,
        };
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result;
    }
}
