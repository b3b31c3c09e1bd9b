using System;
using System.Runtime.InteropServices;

namespace PSSharedMemory.ConsoleHost;

/// <summary>Ctrl+C (SIGINT) stops the pipeline that runs, never the console.</summary>
internal sealed class Interrupts : IDisposable
{
    private readonly PosixSignalRegistration _registration;

    public Interrupts(EngineSession session) =>
        _registration = PosixSignalRegistration.Create(PosixSignal.SIGINT, context =>
        {
            context.Cancel = true;
            session.Stop();
        });

    public void Dispose() => _registration.Dispose();
}
