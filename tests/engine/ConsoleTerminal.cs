using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Xunit;

namespace PSSharedMemory.EngineTests;

/// <summary>The console's prompt at a terminal: tmux types and shows the screen.</summary>
internal sealed class ConsoleTerminal : IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    private readonly string _folder;
    private readonly string _socket;

    public ConsoleTerminal(string folder)
    {
        _folder = folder;

        // A server of its own: the last one may still be ending.
        _socket = Path.Combine(folder, $"tmux-{Guid.NewGuid():N}");

        // The shell behind the console keeps its exit code on the screen.
        var command = $"XDG_STATE_HOME='{folder}' dotnet '{ConsoleRun.Assembly}' -NoLogo; echo \"code=$?\"; exec cat";
        Run("-f", "/dev/null", "new-session", "-d", "-x", "100", "-y", "30", command);
    }

    public static bool IsPossible =>
        (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(':')
            .Any(folder => File.Exists(Path.Combine(folder, "tmux")));

    public string HistoryFile => Path.Combine(_folder, "PSSharedMemory", "history");

    public string Screen => Run("capture-pane", "-p").TrimEnd();

    public void Type(string text) => Run("send-keys", "-l", text);

    public void Press(params string[] keys) => Run(["send-keys", .. keys]);

    /// <summary>Waits until the screen's end is this; blanks at its very end do not count.</summary>
    public async Task Shows(string end)
    {
        var watch = Stopwatch.StartNew();
        while (!Screen.EndsWith(end, StringComparison.Ordinal))
        {
            if (watch.Elapsed > Longest)
            {
                Assert.Fail($"The screen does not end with\n{end}\nbut is\n{Screen}");
            }

            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    public void Dispose() => Run("kill-server");

    private string Run(params string[] arguments)
    {
        var start = new ProcessStartInfo("tmux", ["-S", _socket, .. arguments])
        {
            RedirectStandardOutput = true,
            WorkingDirectory = _folder,
        };
        start.Environment.Remove("TMUX");
        using var tmux = Process.Start(start)!;
        var output = tmux.StandardOutput.ReadToEnd();
        tmux.WaitForExit();
        return output;
    }
}
