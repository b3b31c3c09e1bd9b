using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation.Language;
using PSSharedMemory.EngineTests.Should;

namespace PSSharedMemory.EngineTests.Runner;

/// <summary>
/// Reads a file without running it and refuses what the runner does not know of Pester's words, so that nothing passes
/// here because it was not understood.
/// </summary>
internal static class Refusals
{
    private static readonly HashSet<string> Unknown = new(StringComparer.OrdinalIgnoreCase)
    {
        "Mock", "InModuleScope", "Invoke-Pester", "Add-ShouldOperator", "Get-ShouldOperator",
        "Add-AssertionOperator", "Get-AssertionOperator", "Assert-MockCalled", "Assert-VerifiableMock",
        "New-MockObject", "New-Fixture", "New-PesterContainer", "New-PesterConfiguration", "ConvertTo-Pester4Result",
        "ConvertTo-NUnitReport", "ConvertTo-JUnitReport", "Export-NUnitReport", "Export-JUnitReport",
    };

    public static IEnumerable<RefusalException> In(string path)
    {
        var file = Parser.ParseFile(path, out _, out var errors);
        if (errors.Length > 0)
        {
            return errors.Select(e => new RefusalException(e.Extent.StartLineNumber, e.Message));
        }

        return file.FindAll(_ => true, searchNestedScriptBlocks: true).SelectMany(ast => ast switch
        {
            CommandAst command => OfCommand(command),
            StringConstantExpressionAst text => OfText(text, text.Value),
            ExpandableStringExpressionAst text => OfText(text, text.Value),
            _ => [],
        });
    }

    private static IEnumerable<RefusalException> OfText(Ast where, string text)
    {
        if (text.Contains("TestDrive:", StringComparison.OrdinalIgnoreCase))
        {
            yield return Refuse(where, "The drive TestDrive: is not known to this runner; use the folder $TestDrive.");
        }

        if (text.Contains("TestRegistry:", StringComparison.OrdinalIgnoreCase))
        {
            yield return Refuse(where, "TestRegistry: is not known to this runner.");
        }
    }

    private static IEnumerable<RefusalException> OfCommand(CommandAst command)
    {
        var name = command.GetCommandName() ?? "";
        if (Unknown.Contains(name) || name.StartsWith("Should-", StringComparison.OrdinalIgnoreCase))
        {
            return [Refuse(command, $"{name} is not known to this runner.")];
        }

        if (name.Equals("Should", StringComparison.OrdinalIgnoreCase))
        {
            return OfShould(command);
        }

        if (name.Equals("Set-ItResult", StringComparison.OrdinalIgnoreCase))
        {
            return Parameters(command).Where(p => !Is(p, "Skipped", "Inconclusive", "Because"))
                .Select(p => Refuse(p, $"Set-ItResult -{p.ParameterName} is not known to this runner."));
        }

        return [];
    }

    private static IEnumerable<RefusalException> OfShould(CommandAst command)
    {
        if (command.CommandElements.Any(e => e is VariableExpressionAst { Splatted: true }))
        {
            yield break; // the binder sees these, when the test runs
        }

        CommandParameterAst[] parameters = [.. Parameters(command)];
        ShouldOperator[] operators = [.. parameters.Select(p => ShouldOperators.Find(p.ParameterName)).OfType<ShouldOperator>()];
        if (operators.Length > 1)
        {
            yield return Refuse(command, "Should takes one operator.");
        }

        string[] known = ["Not", "Because", "ActualValue", .. operators.SelectMany(o => o.Parameters), .. operators.Select(o => o.Name)];
        var refused = false;
        foreach (var parameter in parameters.Where(p => !Is(p, known)))
        {
            refused = true;
            yield return Refuse(parameter, $"Should -{parameter.ParameterName} is not known to this runner{Of(operators)}.");
        }

        if (operators.Length == 0 && !refused)
        {
            yield return Refuse(command, "Should has no operator.");
        }
    }

    private static string Of(ShouldOperator[] operators) =>
        operators.Length == 0 ? "" : $" with -{operators[0].Name}";

    private static IEnumerable<CommandParameterAst> Parameters(CommandAst command) =>
        command.CommandElements.OfType<CommandParameterAst>();

    private static bool Is(CommandParameterAst parameter, params string[] names) =>
        names.Contains(parameter.ParameterName, StringComparer.OrdinalIgnoreCase);

    private static RefusalException Refuse(Ast where, string message) => new(where.Extent.StartLineNumber, message);
}
