using System;
using System.Collections.Generic;
using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;

namespace PSSharedMemory.ConsoleHost;

/// <summary>Asks for values by name, as the binder does for mandatory parameters that were not given.</summary>
internal static class FieldPrompt
{
    public static Dictionary<string, PSObject> Ask(
        PSHostUserInterface ui,
        Questions questions,
        string caption,
        string message,
        Collection<FieldDescription> descriptions)
    {
        ui.WriteLine();
        if (!string.IsNullOrEmpty(caption))
        {
            ui.WriteLine(caption);
        }

        if (!string.IsNullOrEmpty(message))
        {
            ui.WriteLine(message);
        }

        var values = new Dictionary<string, PSObject>();
        foreach (var field in descriptions)
        {
            values[field.Name] = PSObject.AsPSObject(Value(ui, questions, field));
        }

        return values;
    }

    public static PSCredential AskCredential(
        PSHostUserInterface ui, Questions questions, string caption, string message, string? userName)
    {
        ui.WriteLine();
        if (!string.IsNullOrEmpty(caption))
        {
            ui.WriteLine(caption);
        }

        if (!string.IsNullOrEmpty(message))
        {
            ui.WriteLine(message);
        }

        if (string.IsNullOrEmpty(userName))
        {
            ui.Write("User: ");
            userName = questions.Answer();
        }

        ui.Write($"Password for user {userName}: ");
        return new PSCredential(userName, questions.ReadSecret());
    }

    private static object Value(PSHostUserInterface ui, Questions questions, FieldDescription field)
    {
        var type = Type.GetType(field.ParameterAssemblyFullName) ?? Type.GetType(field.ParameterTypeFullName)
            ?? typeof(string);
        if (type == typeof(PSCredential))
        {
            return AskCredential(ui, questions, field.Name, string.Empty, null);
        }

        if (type == typeof(SecureString))
        {
            ui.Write($"{field.Name}: ");
            return questions.ReadSecret();
        }

        if (!type.IsArray)
        {
            return Convert(ui, questions, field, field.Name, type, endsWhenEmpty: false)!;
        }

        // An array is asked for item by item, until an empty answer.
        var itemType = type.GetElementType()!;
        var items = new List<object>();
        while (Convert(ui, questions, field, $"{field.Name}[{items.Count}]", itemType, true) is object item)
        {
            items.Add(item);
        }

        var array = Array.CreateInstance(itemType, items.Count);
        for (var i = 0; i < items.Count; i++)
        {
            array.SetValue(items[i], i);
        }

        return array;
    }

    private static object? Convert(
        PSHostUserInterface ui, Questions questions, FieldDescription field, string name, Type type, bool endsWhenEmpty)
    {
        var hasHelp = !string.IsNullOrEmpty(field.HelpMessage);
        while (true)
        {
            ui.Write(hasHelp ? $"{name} (!? for help): " : $"{name}: ");
            var answer = questions.Answer();
            if (hasHelp && answer == "!?")
            {
                ui.WriteLine(field.HelpMessage);
                continue;
            }

            if (endsWhenEmpty && answer.Length == 0)
            {
                return null;
            }

            try
            {
                return LanguagePrimitives.ConvertTo(answer, type, System.Globalization.CultureInfo.InvariantCulture);
            }
            catch (PSInvalidCastException e)
            {
                // Who types it can type it anew; what is read stays wrong. The engine survives a HostException only.
                if (Console.IsInputRedirected)
                {
                    throw new HostException(e.Message, e, "InvalidAnswer", ErrorCategory.InvalidArgument);
                }

                ui.WriteErrorLine(e.Message);
            }
        }
    }
}
