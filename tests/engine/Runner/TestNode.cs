using System;
using System.Collections;
using System.Collections.Generic;
using System.Management.Automation;

namespace PSSharedMemory.EngineTests.Runner;

/// <summary>What a block and a test have in common: a name, a place in the file, and the data of its -ForEach row.</summary>
public abstract class TestNode
{
    private readonly List<ErrorRecord> _errors = [];

    public abstract bool IsTest { get; }

    public required string Name { get; init; }

    /// <summary>Null at the root only.</summary>
    public required TestBlock? Parent { get; init; }

    public required int Line { get; init; }

    public required IReadOnlyList<string> Tags { get; init; }

    /// <summary>Whether -ForEach made this node; its data may then be null.</summary>
    public required bool HasData { get; init; }

    public required object? Data { get; init; }

    /// <summary>Asked for by -Skip, or inherited: see <see cref="SkipRules"/>.</summary>
    public bool Skip { get; set; }

    public string? SkipReason { get; set; }

    public string ExpandedPath { get; set; } = "";

    public IReadOnlyList<ErrorRecord> Errors => _errors;

    /// <summary>The variables that the data becomes: the keys of a dictionary, and `$_` always.</summary>
    public Hashtable Variables
    {
        get
        {
            Hashtable variables = new(StringComparer.OrdinalIgnoreCase);
            if (!HasData)
            {
                return variables;
            }

            variables["_"] = Data;
            if (Unwrapped(Data) is IDictionary keys)
            {
                foreach (DictionaryEntry pair in keys)
                {
                    variables.TryAdd(LanguagePrimitives.ConvertTo<string>(pair.Key), pair.Value);
                }
            }

            return variables;
        }
    }

    /// <summary>The same without `$_`, for script blocks that declare parameters.</summary>
    public Hashtable Arguments
    {
        get
        {
            var arguments = Variables;
            arguments.Remove("_");
            return arguments;
        }
    }

    public void Fail(ErrorRecord error) => _errors.Add(error);

    internal static object? Unwrapped(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;
}

file static class HashtableExtensions
{
    public static void TryAdd(this Hashtable table, string key, object? value)
    {
        if (!table.ContainsKey(key))
        {
            table.Add(key, value);
        }
    }
}
