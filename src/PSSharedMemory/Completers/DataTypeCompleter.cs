using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;

namespace PSSharedMemory.Commands;

/// <summary>Completes what -As takes.</summary>
public class DataTypeCompleter : ShmCompleter
{
    private protected override IEnumerable<(string Text, string Tooltip)> Candidates(IDictionary boundParameters) =>
        Enum.GetValues<ShmScalar>()
            .Select(static scalar => (scalar.ToString(), Words.Count(ShmScalars.SizeOf(scalar), "byte")))
            .Append(("String", "text of -Count bytes"))
            .Append(("Boolean", "1 byte"))
            .Append(("CString", "text to its NUL"))
            .Append(("PythonList", "a ShareableList of Python"));
}

/// <summary>Completes what -As of a message takes: a ShareableList is read in place, not from one.</summary>
public sealed class MessageTypeCompleter : DataTypeCompleter
{
    private protected override IEnumerable<(string Text, string Tooltip)> Candidates(IDictionary boundParameters) =>
        base.Candidates(boundParameters).Where(static candidate => candidate.Text != "PythonList");
}
