using System;
using System.Collections;
using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// Marks what jobs and files made of a dictionary of this module, so that it isn't read as a row of properties: the
/// binder puts its Hashtable bare into an array, where nothing tells it from a user's own.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class TravelledDictionaryAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics? engineIntrinsics, object? inputData) => Mark(inputData);

    private static object? Mark(object? input)
    {
        switch (PlainObject.Of(input))
        {
            case IDictionary when TravelledObject.WasDictionary(input):
                var marked = new PSObject();
                marked.TypeNames.Clear();
                foreach (var name in PSObject.AsPSObject(input!).TypeNames)
                {
                    marked.TypeNames.Add(name);
                }

                return marked;
            case object?[] many:
                return many.Select(Mark).ToArray();
            default:
                return input;
        }
    }
}
