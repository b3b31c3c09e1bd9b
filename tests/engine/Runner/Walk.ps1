# Runs what discovery found. Each block has a scope, made of its data and its BeforeAll, in which everything below runs;
# each test has a scope, in which its BeforeEach, its body and its AfterEach are dot-sourced. It is a script file so
# that `$script:` in a test means one scope for the whole file. Names begin with ____ to stay out of the tests' way.
param($____walk)

$____runTest = {
    param($____test)
    foreach ($____pair in $____test.Variables.GetEnumerator()) {
        $ExecutionContext.SessionState.PSVariable.Set($____pair.Key, $____pair.Value)
    }
    $____arguments = $____test.Arguments
    try {
        foreach ($____step in $____test.BeforeEach) { . $____step @____arguments }
        . $____test.Body @____arguments
    }
    catch { $____test.Fail($_) }
    finally {
        foreach ($____step in $____test.AfterEach) {
            try { . $____step @____arguments } catch { $____test.Fail($_) }
        }
    }
}

$____runBlock = {
    param($____block)
    $____walk.EnterBlock($____block)
    foreach ($____pair in $____block.Variables.GetEnumerator()) {
        $ExecutionContext.SessionState.PSVariable.Set($____pair.Key, $____pair.Value)
    }
    $____arguments = $____block.Arguments
    try {
        if (-not $____block.Skip -and $____block.BeforeAll) { . $____block.BeforeAll @____arguments }
        foreach ($____item in $____block.Items) {
            # The loop ends a `break` or `continue` that a test has outside of any loop of its own.
            do {
                if (-not $____item.IsTest) { $null = & $____runBlock $____item }
                elseif (-not $____item.Skip) { $null = & $____runTest $____item }
            } while ($false)
            if ($____item.IsTest) { $____item.HasRun = $true }
        }
    }
    catch { $____block.Fail($_) }
    finally {
        if (-not $____block.Skip -and $____block.AfterAll) {
            try { . $____block.AfterAll @____arguments } catch { $____block.Fail($_) }
        }
        $____walk.LeaveBlock($____block)
    }
}

$null = & $____runBlock $____walk.Root
