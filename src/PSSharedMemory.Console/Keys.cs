using System;
using System.Management.Automation;

namespace PSSharedMemory.ConsoleHost;

/// <summary>Reads keys; Ctrl+C is one while a key is waited for, since there is no pipeline to stop then.</summary>
internal static class Keys
{
    /// <exception cref="PipelineStoppedException">Ctrl+C was pressed.</exception>
    public static ConsoleKeyInfo Read(bool echo = false)
    {
        var before = Console.TreatControlCAsInput;
        Console.TreatControlCAsInput = true;
        try
        {
            var key = Console.ReadKey(intercept: true);
            if (IsInterrupt(key))
            {
                throw new PipelineStoppedException();
            }

            if (echo && !char.IsControl(key.KeyChar))
            {
                Console.Out.Write(key.KeyChar);
            }

            return key;
        }
        finally
        {
            Console.TreatControlCAsInput = before;
        }
    }

    public static bool IsInterrupt(ConsoleKeyInfo key) =>
        key.Key == ConsoleKey.C && key.Modifiers == ConsoleModifiers.Control;
}
