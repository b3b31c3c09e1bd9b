using System;
using System.Collections.Generic;
using System.Collections.ObjectModel;
using System.IO;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;
using System.Threading;

namespace PSSharedMemory.ConsoleHost;

/// <summary>Writes what the engine shows: output to standard output, errors to standard error.</summary>
/// <remarks>A stream that goes to no terminal gets no escape sequences, whatever the other one does.</remarks>
internal sealed class HostUserInterface : PSHostUserInterface
{
    private readonly Lock _lock = new();
    private readonly ProgressLine _progress;
    private readonly Questions _questions;

    public HostUserInterface(StandardInput input, ProgressLine progress, bool nonInteractive)
    {
        _progress = progress;
        _questions = new Questions(this, input, nonInteractive);
        if (Terminal.NoColor)
        {
            PSStyle.Instance.OutputRendering = OutputRendering.PlainText;
        }
    }

    public override PSHostRawUserInterface RawUI { get; } = new RawUserInterface();

    /// <summary>What stands on the cursor's line: a question that waits for its answer.</summary>
    public string OpenLine { get; private set; } = string.Empty;

    public bool LinesAreErrors { get; set; }

    public override bool SupportsVirtualTerminal => Terminal.OutputTakesEscapes;

    public override void Write(string value) => Put(Console.Out, value, Terminal.OutputTakesEscapes, false);

    public override void WriteLine(string value)
    {
        if (LinesAreErrors)
        {
            WriteErrorLine(value);
        }
        else
        {
            Put(Console.Out, value, Terminal.OutputTakesEscapes, true);
        }
    }

    public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) =>
        Put(Console.Out, Colors.Paint(foregroundColor, backgroundColor, value), Terminal.OutputTakesEscapes, false);

    public override void WriteErrorLine(string value)
    {
        var colored = Terminal.ErrorTakesEscapes && PSStyle.Instance.OutputRendering != OutputRendering.PlainText;
        Put(Console.Error, colored ? Styled(PSStyle.Instance.Formatting.Error, value) : value, colored, true);
    }

    public override void WriteDebugLine(string message) =>
        WriteLine(Styled(PSStyle.Instance.Formatting.Debug, $"DEBUG: {message}"));

    public override void WriteVerboseLine(string message) =>
        WriteLine(Styled(PSStyle.Instance.Formatting.Verbose, $"VERBOSE: {message}"));

    public override void WriteWarningLine(string message) =>
        WriteLine(Styled(PSStyle.Instance.Formatting.Warning, $"WARNING: {message}"));

    public override void WriteProgress(long sourceId, ProgressRecord record)
    {
        lock (_lock)
        {
            _progress.Show(sourceId, record);
        }
    }

    public override string ReadLine() => _questions.ReadLine();

    public override SecureString ReadLineAsSecureString() => _questions.ReadSecret();

    public override Dictionary<string, PSObject> Prompt(
        string caption, string message, Collection<FieldDescription> descriptions) =>
        FieldPrompt.Ask(this, _questions, caption, message, descriptions);

    public override int PromptForChoice(
        string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice) =>
        ChoicePrompt.Ask(this, _questions, caption, message, choices, defaultChoice);

    public override PSCredential PromptForCredential(
        string caption, string message, string userName, string targetName) =>
        PromptForCredential(
            caption, message, userName, targetName, PSCredentialTypes.Default, PSCredentialUIOptions.Default);

    public override PSCredential PromptForCredential(
        string caption,
        string message,
        string userName,
        string targetName,
        PSCredentialTypes allowedCredentialTypes,
        PSCredentialUIOptions options) =>
        FieldPrompt.AskCredential(this, _questions, caption, message, userName);

    /// <summary>The user ended the line by Enter.</summary>
    public void CloseLine()
    {
        lock (_lock)
        {
            OpenLine = string.Empty;
            _progress.LineIsOpen = false;
        }
    }

    private static string Styled(string style, string value) => style + value + PSStyle.Instance.Reset;

    private void Put(TextWriter writer, string value, bool takesEscapes, bool endsLine)
    {
        var text = GetOutputString(value ?? string.Empty, takesEscapes);
        lock (_lock)
        {
            _progress.Clear();
            if (endsLine)
            {
                writer.WriteLine(text);
            }
            else
            {
                writer.Write(text);
            }

            var lastLine = text.LastIndexOf('\n') + 1;
            OpenLine = endsLine ? string.Empty : lastLine > 0 ? text[lastLine..] : OpenLine + text;
            _progress.LineIsOpen = OpenLine.Length > 0;
        }
    }
}
