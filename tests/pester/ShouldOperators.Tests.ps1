# The operators for Pester's Should, in a Pester of its own: only the real one can be given any.

BeforeDiscovery {
    $pwsh = $env:PATH.Split(':').ForEach{ "$_/pwsh" }.Where{ [IO.File]::Exists($_) }
    $noPester = $pwsh.Count -eq 0 -or -not (& $pwsh[0] -NoProfile -Command "[bool] (Get-Module Pester -ListAvailable | Where-Object Version -GE 5.7)").Equals('True')
}

Describe 'Register-ShmShouldOperator' -Skip:$noPester {
    It 'gives Pester operators that pass and fail as they should' {
        pwsh -NoProfile -NonInteractive -Command @"
            Import-Module Pester -MinimumVersion 5.7
            `$run = Invoke-Pester -Path '$PSScriptRoot/ShouldOperators.ps1' -Output None -PassThru
            "`$(`$run.PassedCount) passed, `$(`$run.FailedCount) failed"
            `$run.Failed.ForEach{ "`$(`$_.ExpandedPath): `$(`$_.ErrorRecord)" }
"@ | Should -Be '5 passed, 0 failed'
    }
}
