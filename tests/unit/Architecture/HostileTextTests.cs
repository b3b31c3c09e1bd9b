using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Runtime.CompilerServices;
using Xunit;

namespace PSSharedMemory.UnitTests;

/// <summary>
/// What others name is data: whatever a type shows as its text, and as its label, has nothing in it that acts on a
/// terminal. Every type of the library is tried with hostile text in each of its fields, so that a new one cannot
/// forget it.
/// </summary>
public static class HostileTextTests
{
    private const string Evil = "/e\u001b]0;PWNED\u0007\nFAKE\r\u009b2J\u202etxt\u0085\u200f";

    // What is no text of others: names that this module gives, identifiers of C, and what the user typed in this
    // session.
    private static readonly string[] Own =
    [
        "ShmField.ToString", "ShmType.ToString", "ShmHostCheck.ToString", "ShmLimit.ToString",
        "ShmRestoreOptions.ToString", "ShmProcess.ToString",
        "ShmProcessOptions.ToString",

        // A path to be used as one; its view shows it.
        "ShmSegmentSnapshot.ToString",

        // As the kernel has it, to be compared and looked for; views and texts show it.
        "ShmAttachment.Label", "ShmLeak.Label", "ShmSegmentOrigin.Label", "ShmEvent.Label",
    ];

    [Fact]
    public static void No_text_of_any_type_acts_on_a_terminal()
    {
        var tried = 0;
        var failed = new List<string>();
        foreach (var type in typeof(ShmSegment).Assembly.GetTypes().Where(IsShown))
        {
            var item = RuntimeHelpers.GetUninitializedObject(type);
            foreach (var field in Fields(type).Where(static field => field.FieldType == typeof(string)))
            {
                field.SetValue(item, Evil);
            }

            foreach (var field in Fields(type).Where(static field => field.FieldType == typeof(ShmSegment)))
            {
                field.SetValue(item, new ShmSegment { Kind = ShmKind.Posix, Name = Evil });
            }

            foreach (var (what, text) in Texts(item, type))
            {
                tried++;
                if (text.Any(Acts) && !Own.Contains($"{type.Name}.{what}"))
                {
                    failed.Add($"{type.Name}.{what}");
                }
            }
        }

        Assert.True(tried > 15, $"{tried} texts");
        Assert.True(failed.Count == 0, string.Join(" ", failed));
    }

    private static bool Acts(char c) => char.IsControl(c) || c is '\u202e' or '\u200f' or '\u2028';

    private static bool IsShown(Type type) => type is
    {
        IsPublic: true, IsAbstract: false, IsClass: true,
        ContainsGenericParameters: false
    }
        && !typeof(Exception).IsAssignableFrom(type);

    private static IEnumerable<FieldInfo> Fields(Type type)
    {
        for (var one = type; one is not null && one != typeof(object); one = one.BaseType)
        {
            foreach (var field in one.GetFields(
                BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                yield return field;
            }
        }
    }

    // Its text, and the properties that are made for showing.
    private static IEnumerable<(string What, string Text)> Texts(object item, Type type)
    {
        if (type.GetMethod(nameof(ToString), Type.EmptyTypes)!.DeclaringType != typeof(object)
            && TryGet(item.ToString) is { } text)
        {
            yield return (nameof(ToString), text);
        }

        foreach (var name in new[] { "Label", "Holders", "Evidence" })
        {
            if (type.GetProperty(name) is { } property && TryGet(() => property.GetValue(item) as string) is { } shown)
            {
                yield return (name, shown);
            }
        }
    }

    // An object without its other parts need not be able to tell itself.
    private static string? TryGet(Func<string?> get)
    {
        try
        {
            return get();
        }
        catch (Exception error) when (error is NullReferenceException or TargetInvocationException
            or ArgumentNullException or InvalidOperationException or ShmException)
        {
            return null;
        }
    }
}
