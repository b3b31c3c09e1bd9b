# The operators for Pester's Should, in a Pester process of their own: operators cannot be unregistered.

Describe 'Register-ShmShouldOperator' {
    It 'gives Pester operators that pass and fail as they should' {
        pwsh -NoProfile -NonInteractive -Command @"
            Import-Module Pester -MinimumVersion 5.7
            `$run = Invoke-Pester -Path '$PSScriptRoot/ShouldOperators.ps1' -Output None -PassThru
            "`$(`$run.PassedCount) passed, `$(`$run.FailedCount) failed"
            `$run.Failed.ForEach{ "`$(`$_.ExpandedPath): `$(`$_.ErrorRecord)" }
"@ | Should -Be '9 passed, 0 failed'
    }
}
