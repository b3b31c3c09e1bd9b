using System;
using System.Collections.ObjectModel;
using System.Linq;
using System.Management.Automation.Host;

namespace PSSharedMemory.ConsoleHost;

/// <summary>Asks for one of some choices, as -Confirm does.</summary>
internal static class ChoicePrompt
{
    public static int Ask(
        PSHostUserInterface ui,
        Questions questions,
        string caption,
        string message,
        Collection<ChoiceDescription> choices,
        int defaultChoice)
    {
        ArgumentOutOfRangeException.ThrowIfZero(choices.Count);
        (string Key, string Label)[] labels = [.. choices.Select(c => Split(c.Label))];

        ui.WriteLine();
        if (!string.IsNullOrEmpty(caption))
        {
            ui.WriteLine(caption);
        }

        if (!string.IsNullOrEmpty(message))
        {
            ui.WriteLine(message);
        }

        while (true)
        {
            var menu = string.Join("  ", labels.Select(l => l.Key.Length > 0 ? $"[{l.Key}] {l.Label}" : l.Label));
            var preset = defaultChoice >= 0 ? $" (default is \"{Name(labels[defaultChoice])}\")" : string.Empty;
            ui.Write($"{menu}  [?] Help{preset}: ");

            var answer = questions.Answer().Trim();
            if (answer.Length == 0 && defaultChoice >= 0)
            {
                return defaultChoice;
            }

            var chosen = Array.FindIndex(labels, l =>
                answer.Length > 0
                && (l.Key.Equals(answer, StringComparison.CurrentCultureIgnoreCase)
                    || l.Label.Equals(answer, StringComparison.CurrentCultureIgnoreCase)));
            if (chosen >= 0)
            {
                return chosen;
            }

            if (answer == "?")
            {
                ShowHelp(ui, choices, labels);
            }
        }
    }

    private static void ShowHelp(
        PSHostUserInterface ui, Collection<ChoiceDescription> choices, (string Key, string Label)[] labels)
    {
        for (var i = 0; i < choices.Count; i++)
        {
            ui.WriteLine($"{Name(labels[i])} - {choices[i].HelpMessage}");
        }
    }

    private static string Name((string Key, string Label) label) => label.Key.Length > 0 ? label.Key : label.Label;

    // "Yes to &All": the letter behind the ampersand is the key.
    private static (string Key, string Label) Split(string label)
    {
        var ampersand = label.IndexOf('&');
        var plain = label.Replace("&", string.Empty, StringComparison.Ordinal).Trim();
        return ampersand >= 0 && ampersand + 1 < label.Length
            ? (char.ToUpperInvariant(label[ampersand + 1]).ToString(), plain)
            : (string.Empty, plain);
    }
}
