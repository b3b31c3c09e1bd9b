# Shells that are locked down: ConstrainedLanguage refuses method calls on types that aren't PowerShell's own, the modes
# below it nearly everything else. Cmdlets and views work there as anywhere.

BeforeDiscovery {
    $modes = 'ConstrainedLanguage', 'RestrictedLanguage', 'NoLanguage'
    $files = @(Get-ChildItem "$PSScriptRoot/../../out/PSSharedMemory/Views/*.ps1xml" |
            ForEach-Object { @{ File = $_.Name; Path = $_.FullName } })
}

BeforeAll {
    $module = (Resolve-Path "$PSScriptRoot/../../out/PSSharedMemory").Path
    Import-Module $module
    $name = "/pst-locked-$PID"
    . "$PSScriptRoot/EveryOutput.ps1"
    $objects | ForEach-Object { $i = 0 } { if ($null -eq $_) { throw "Object $i is missing." }; $i++ }
    # Ages go on, and colours depend on the terminal.
    function Get-Plain([string] $Text) {
        $Text -replace "`e\[[\d;]*m" -replace '\d+ [sm] ', 'AGE ' -replace '00:\d\d:[\d.]+', 'AGE' -replace ' +', ' '
    }
    # The text that a shell in this mode shows for them: as it chooses, and as a list.
    function Get-Shown([string] $Mode, [object[]] $Object, [string[]] $Import = @($module)) {
        $state = [initialsessionstate]::CreateDefault2()
        $state.ImportPSModule($Import)
        $state.LanguageMode = $Mode
        $space = [runspacefactory]::CreateRunspace($Host, $state)
        $space.Open()
        $space.SessionStateProxy.LanguageMode | Should -Be $Mode
        try {
            foreach ($one in $Object) {
                foreach ($format in 'Out-String', 'Format-List') {
                    $shell = [powershell]::Create($space).AddCommand($format)
                    if ($format -ne 'Out-String') { $null = $shell.AddCommand('Out-String') }
                    Get-Plain ($shell.AddParameter('Width', 119).Invoke(@(, $one)) -join '')
                    $shell.Streams.Error | Should -BeNullOrEmpty
                    $shell.Dispose()
                }
            }
        }
        finally { $space.Dispose() }
    }
}

AfterAll {
    Remove-EveryOutput
}

Describe 'A view' {
    It 'runs no script: <File>' -ForEach $files {
        ([xml] (Get-Content $Path -Raw)).SelectNodes('//*[contains(name(), "Script")]').Count | Should -Be 0
    }

    It 'names columns that there are: <File>' -ForEach ($files | Where-Object File -Like '*.format.ps1xml') {
        foreach ($view in ([xml] (Get-Content $Path -Raw)).Configuration.ViewDefinitions.View) {
            foreach ($selected in @($view.ViewSelectedBy.TypeName)) {
                $row = $objects | Where-Object { $_.GetType().FullName -eq $selected.Split('#')[0] } |
                    Select-Object -First 1
                $row | Should -Not -BeNullOrEmpty -Because "the view of $selected is tried here"
                foreach ($node in $view.SelectNodes('.//FormatString')) {
                    { $row.Shown.ToString($node.InnerText, $null) } | Should -Not -Throw
                }
                foreach ($node in $view.SelectNodes('.//PropertyName')) {
                    $row.psobject.Properties[$node.InnerText] |
                        Should -Not -BeNullOrEmpty -Because "$selected has $($node.InnerText)"
                }
            }
        }
    }

    It 'shows the same in <_>' -ForEach $modes {
        $script:here ??= @(Get-Shown FullLanguage $objects)
        $there = @(Get-Shown $_ $objects)
        for ($i = 0; $i -lt $here.Count; $i++) { $there[$i] | Should -BeExactly $here[$i] }
        $here[0] | Should -Match ([regex]::Escape($name))
    }

    It 'shows the same of what travelled, before or after the module was there, once or twice' {
        $rows = $objects
        # Where no module is yet, nothing is made again.
        $space = [runspacefactory]::CreateRunspace($Host, [initialsessionstate]::CreateDefault2())
        $space.Open()
        $late = [powershell]::Create($space).AddScript({
                param($texts, $module)
                $bags = @(foreach ($text in $texts) { , [Management.Automation.PSSerializer]::Deserialize($text) })
                Import-Module $module
                foreach ($bag in $bags) { $bag | Format-Table | Out-String -Width 119 }
            })
        $texts = @($rows | ForEach-Object { [Management.Automation.PSSerializer]::Serialize($_) })
        $shownLate = @($late.AddArgument($texts).AddArgument($module).Invoke())
        $late.Streams.Error | Should -BeNullOrEmpty
        $late.Dispose()
        $space.Dispose()
        $once = @($rows | ForEach-Object {
                [Management.Automation.PSSerializer]::Deserialize(
                    [Management.Automation.PSSerializer]::Serialize($_)) })
        $twice = @($once | ForEach-Object {
                [Management.Automation.PSSerializer]::Deserialize(
                    [Management.Automation.PSSerializer]::Serialize($_)) })
        for ($i = 0; $i -lt $rows.Count; $i++) {
            # A type that travelled has the names of its fields only, a picture its pages in words.
            if ($rows[$i].GetType().Name -in 'ShmType', 'ShmMap', 'ShmField', 'ShmAddress') { continue }
            $shown = Get-Plain ($rows[$i] | Format-Table | Out-String -Width 119)
            Get-Plain $shownLate[$i] | Should -BeExactly $shown -Because "late, $($rows[$i].GetType().Name)"
            foreach ($back in $once[$i], $twice[$i]) {
                Get-Plain ($back | Format-Table | Out-String -Width 119) |
                    Should -BeExactly $shown -Because "$($rows[$i].GetType().Name): $($back.PSTypeNames[0])"
            }
        }
    }

    It 'is in no file and no list' {
        foreach ($object in $objects) {
            [Management.Automation.PSSerializer]::Serialize($object) | Should -Not -Match 'N="Shown"'
            $object | ConvertTo-Csv | Should -Not -Match '"Shown"'
            ($object | Select-Object *).psobject.Properties.Name | Should -Not -Contain 'Shown'
        }
    }

    It 'has every property of its object in what is sent' {
        foreach ($object in $objects) {
            $sent = [xml] [Management.Automation.PSSerializer]::Serialize($object)
            $names = @($sent.Objs.Obj.ChildNodes | Where-Object Name -In Props, MS | ForEach-Object { $_.ChildNodes.N })
            foreach ($property in ($object | Select-Object *).psobject.Properties.Name) {
                if ($property -in 'Reader', 'Writer') { continue }
                $names | Should -Contain $property -Because "$($object.GetType().Name)"
            }
        }
    }
}

Describe 'A shell in ConstrainedLanguage' {
    BeforeAll {
        $state = [initialsessionstate]::CreateDefault2()
        $state.ImportPSModule($module)
        $state.LanguageMode = 'ConstrainedLanguage'
        $space = [runspacefactory]::CreateRunspace($Host, $state)
        $space.Open()
        $free = "$name-free"
        function Invoke-Locked([string] $Script) {
            $shell = [powershell]::Create($space).AddScript($Script).AddArgument($free).AddArgument("$TestDrive/rows")
            try {
                $shell.Invoke()
                $shell.Streams.Error | Should -BeNullOrEmpty
            }
            finally { $shell.Dispose() }
        }
    }
    AfterAll { $space.Dispose() }
    BeforeEach { $null = New-ShmSegment $free -Size 4KB }
    AfterEach { Remove-Item "/dev/shm$free" -ErrorAction Ignore }

    It 'takes rows from <Format>' -ForEach @(
        @{ Format = 'a CSV'; Way = 'Export-Csv $args[1]; Import-Csv $args[1]' }
        @{ Format = 'JSON'; Way = 'ConvertTo-Json -Depth 4 | ConvertFrom-Json' }
        @{ Format = 'CLIXML'; Way = 'Export-Clixml $args[1]; Import-Clixml $args[1]' }
    ) {
        Invoke-Locked "(`$(Get-ShmSegment `$args[0] | $Way) | Get-ShmStat).Label" | Should -BeExactly $free
        Invoke-Locked "`$(Get-ShmStat `$args[0] | $Way) | Remove-ShmSegment"
        Test-Path "/dev/shm$free" | Should -BeFalse
    }

    It 'checks them as any other does' {
        Invoke-Locked 'Get-ShmSegment $args[0] | Export-Csv $args[1]'
        Remove-Item "/dev/shm$free"
        Set-Content "/dev/shm$free-2" new
        Move-Item "/dev/shm$free-2" "/dev/shm$free"
        Invoke-Locked 'Import-Csv $args[1] | Remove-ShmSegment -ErrorAction SilentlyContinue -ErrorVariable e
            $e[0].FullyQualifiedErrorId' | Select-Object -Last 1 | Should -BeLike 'IdentityChanged,*'
        Test-Path "/dev/shm$free" | Should -BeTrue
    }

    It 'has a cmdlet for <Way>' -ForEach @(
        @{
            Way = '$m.Reader, $m.Writer'; Says = 7
            Script = 'Write-ShmData $args[0] 7 -Offset 8; Read-ShmData $args[0] -Offset 8 -As Int32'
        }
        @{
            Way = '$m.Dispose()'; Says = $false
            Script = '$m = Mount-ShmSegment $args[0]; $m | Dismount-ShmSegment; $m.IsMounted'
        }
        @{
            Way = 'enumerations'; Says = $true
            Script = '$m = Mount-ShmSegment $args[0]; Set-ShmProtection $m Read, Write; Set-ShmAdvice $m Sequential
                Dismount-ShmSegment $m; (Get-ShmSegment $args[0] -Kind Posix).Kind -eq "Posix"'
        }
        @{
            Way = 'types'; Says = 0
            Script = '(Read-ShmData $args[0] -As (New-ShmType "struct s { int a; int b; };")).b'
        }
        @{
            Way = 'blocks under a lock'; Says = 5
            Script = '$m = Mount-ShmSegment $args[0]
                Lock-ShmMutex (New-ShmMutex $m -Offset 64) { 5 }; Dismount-ShmSegment $m'
        }
        @{
            Way = 'errors'; Says = 'SegmentNotFound,PSSharedMemory.Commands.GetShmSegmentCommand'
            Script = 'try { Get-ShmSegment "$($args[0])-none" -ErrorAction Stop }
                catch [PSSharedMemory.ShmException] { $_.FullyQualifiedErrorId }'
        }
        @{
            Way = 'Tab'; Says = $null
            Script = '(TabExpansion2 "Get-ShmSegment $($args[0])").CompletionMatches[0].CompletionText'
        }
    ) {
        Invoke-Locked $Script | Should -Be ($Says ?? $free)
    }

    It 'is told what needs methods' {
        Get-Help about_PSSharedMemory | Out-String | Should -Match 'ConstrainedLanguage'
    }
}
