# What the default views show at the widths that terminals have, and that a file gets what the eye sees.

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    $prefix = "/pst-table-$PID"
    $alike = "$prefix-PostgreSQL.1665402290-replica-of-the-north", "$prefix-PostgreSQL.1665402290-replica-of-the-south"
    $alike | ForEach-Object { $null = New-ShmSegment $_ -Size 64KB }
    $odd = New-ShmSegment "$prefix-odd" -Size 1073600000 -Sparse
    $sysv = New-ShmSegment -Key (0x10000000 + $PID) -Size 8KB
    $mapping = New-ShmSegment "$prefix-held" -Size 64KB -Mount
    $names = "$prefix-*"
    # What a table says, its wrapped cells put together again.
    function Get-Shown([object[]] $Object, [int] $Width) {
        # The terminal that the tests run in may be wide.
        foreach ($row in $Object | Where-Object { $_.PSTypeNames[0] -match '#(Wide|Narrow)$' }) {
            $row.PSTypeNames.RemoveAt(0)
        }
        $style = $PSStyle.OutputRendering
        $PSStyle.OutputRendering = 'PlainText'
        try { $Object | Out-String -Width $Width -Stream } finally { $PSStyle.OutputRendering = $style }
    }
}

AfterAll {
    $mapping.Dispose()
    Get-ShmSegment $names | Remove-ShmSegment
    $sysv | Remove-ShmSegment
}

Describe 'A table of <Cmdlet>' -ForEach @(
    @{ Cmdlet = 'Get-ShmSegment' }, @{ Cmdlet = 'Get-ShmStat' }
) {
    It 'cuts nothing at <_> columns, and goes over no edge' -ForEach 79, 119 {
        $lines = @(Get-Shown @(& $Cmdlet $names) $_)
        ($lines | Measure-Object Length -Maximum).Maximum | Should -BeLessOrEqual $_
        $lines -join '' | Should -Not -Match '…'
        $lines -join '' | Should -Match '1023\.8 MB'
        # The part that tells the rows apart is on a line of its own, or on the first.
        ($lines -join '') -replace '\s' | Should -Match 'north'
        ($lines -join '') -replace '\s' | Should -Match 'south'
    }

    It 'wraps less where there is more room' {
        @(Get-Shown @(& $Cmdlet $names) 119).Count | Should -BeLessThan @(Get-Shown @(& $Cmdlet $names) 79).Count
    }

    It 'is sorted' {
        $found = @(& $Cmdlet)
        $posix = @($found | Where-Object { $_.Kind -eq 'Posix' }).Name
        $sorted = [string[]] $posix.Clone()
        [Array]::Sort($sorted, [StringComparer]::Ordinal)
        $posix | Should -Be $sorted
    }

    It 'gives a key in hexadecimal' {
        Get-Shown @(& $Cmdlet -Id $sysv.Id) 119 | Out-String | Should -Match ('0x{0:x8}' -f (0x10000000 + $PID))
    }
}

Describe 'Properties' {
    It 'carry into a file what the eye sees' {
        $row = Get-ShmStat "$prefix-held" | Select-Object Label, UnixMode, Holders, Age, Verdict | ConvertTo-Csv |
            ConvertFrom-Csv
        $row.Label | Should -Be "$prefix-held"
        $row.UnixMode | Should -Be 'rw-------'
        $row.Holders | Should -Be "pwsh($PID)"
        ([timespan] $row.Age).TotalMinutes | Should -BeLessThan 10
        $row.Verdict | Should -Be 'InUse'
        (Get-ShmSegment -Id $sysv.Id).Label | Should -Be "id $($sysv.Id)"
        "$sysv" | Should -Be "id $($sysv.Id)"
    }

    It 'say the mode as ls does' {
        foreach ($mode in '0640', '0777', '0000', '0421') {
            Set-ShmSegment "$prefix-odd" -Mode $mode
            (Get-ShmSegment "$prefix-odd").UnixMode | Should -Be (stat -c %A "/dev/shm$prefix-odd").Substring(1)
        }
    }
}

Describe 'Format-Wide' {
    It 'shows labels' {
        Get-ShmSegment -Id $sysv.Id | Format-Wide | Out-String | Should -Match "\bid $($sysv.Id)\b"
        Get-ShmStat -Id $sysv.Id | Format-Wide | Out-String | Should -Match "\bid $($sysv.Id)\b"
    }
}

Describe 'A stat after a segment' {
    It 'shows what it adds, in one script' {
        $shown = & { Get-ShmSegment "$prefix-held"; Get-ShmStat "$prefix-held" } | Out-String
        $shown | Should -Match "InUse"
        $shown | Should -Match "pwsh\($PID\)"
    }
}

Describe 'A mapping' {
    It 'of a removed segment says so' {
        $removed = New-ShmSegment "$prefix-gone" -Size 4KB -Mount
        try {
            Get-Shown $removed 79 | Out-String | Should -Not -Match 'removed'
            Remove-ShmSegment "$prefix-gone"
            Get-Shown $removed 79 | Out-String | Should -Match 'gone\s+\[removed\]'
        }
        finally { $removed.Dispose() }
    }

    It 'shows pages that are reserved as such, and not as absent' {
        $states = @((Show-ShmMap $mapping).Runs.State)
        $states | Should -Contain 'Reserved'
        $states | Should -Not -Contain 'Absent'
        Show-ShmMap $mapping | Out-String | Should -Match 'reserved 64 KB'
        $sparse = Show-ShmMap "$prefix-odd"
        @($sparse.Runs.State) | Should -Be 'Absent'
    }
}

Describe 'Get-ShmLimit at 80 columns' {
    # A terminal of 80 gives a table 79; a file gives it 80.
    It 'cuts nothing and takes one line a limit, of <_>' -ForEach 79, 80 {
        # But for the name of a control group, which may be longer than its column.
        $script:limits ??= @(Get-ShmLimit | Where-Object { $_.Name.Length -le 29 })
        $lines = @(Get-Shown $limits $_ | Where-Object { $_.Trim() })
        $lines.Count | Should -Be ($limits.Count + 2) -Because ($lines -join "`n")
        $lines -join '' | Should -Not -Match '…'
        $lines[0] | Should -Not -Match 'Description'
    }
}

Describe 'A terminal of <Columns> columns' -ForEach @{ Columns = 40 }, @{ Columns = 80 }, @{ Columns = 120 } {
    It 'is used: a wide one shows more of each row, a narrow one what tells rows apart' {
        # The last columns of each table, what a wide one has besides, and what a narrow one has.
        $tables = [ordered] @{
            "Get-ShmSegment $prefix-odd" = 'Label', 'Creator Label.* Origin', 'Size +Age Label'
            "Get-ShmStat $prefix-odd" = 'Holders', 'Owner.* Origin', 'Size Verdict +Label'
            "Get-ShmAttachment $prefix-held -WarningAction Ignore" = (
                'Segment', 'User.* Fd Segment', 'PID +Address Segment')
            "Get-ShmHolder -ProcessId $PID" = 'Segments', 'Mapped.* Segments', 'PID Command +Segments'
            'Get-ShmAddressSpace | Select-Object -First 2' = 'Name', '128 TB.* Name', 'PID +Address Name'
            'Get-ShmLimit SHMMAX' = 'Unit', 'Description', 'Name +Use +Value'
            'Get-ShmNamespace | Select-Object -First 1' = 'Pod', 'PIDs.* Size .*Pod', 'Namespace +Container +Used'
            # The choice is made where the rows are written: what travels on keeps it.
            "Get-ShmStat $prefix-* | Where-Object Kind -eq Posix | Sort-Object Size" = (
                'Holders', 'Owner.* Origin', 'Size Verdict +Label')
        }
        $script = "$TestDrive/wide-$Columns.ps1"
        $import = "Import-Module '$PSScriptRoot/../../out/PSSharedMemory'; `$ProgressPreference = 'Ignore'"
        Set-Content $script (@($import) + ($tables.Keys | ForEach-Object { "$_ | Out-Host" }))
        # script(1) gives a terminal, which stty sizes.
        $shown = script -qec "stty cols $Columns rows 50; NO_COLOR=1 TERM=xterm pwsh -NoProfile -File $script" /dev/null
        $lines = @($shown | ForEach-Object TrimEnd)
        ($lines | Measure-Object Length -Maximum).Maximum | Should -BeLessOrEqual $Columns
        $rules = 1..($lines.Count - 1) | Where-Object { $lines[$_] -match '^\s*-+( +-)' }
        $headers = @($rules | ForEach-Object { $lines[$_ - 1] })
        $headers.Count | Should -Be $tables.Count
        for ($i = 0; $i -lt $headers.Count; $i++) {
            $last, $more, $least = @($tables.Values)[$i]
            if ($Columns -ge 120) { $headers[$i] | Should -Match "$more$" }
            elseif ($Columns -lt 60) { $headers[$i] | Should -Match "^\s*$least$" }
            else {
                $headers[$i] | Should -Match "$last$"
                $headers[$i] | Should -Not -Match $more
            }
        }
    }
}

Describe 'Rows of several segments' {
    It 'say which segment they are of' {
        $listed = Get-ShmSegment $alike
        foreach ($segment in $listed) { Write-ShmData $segment token -Offset 4096 }
        foreach ($shown in @(
                $listed | Search-ShmData token | Out-String
                $listed | Compare-ShmData -DifferenceName "$prefix-held" -Length 8KB | Out-String
                $listed | Format-ShmHex -Length 16 | Out-String
            )) {
            foreach ($one in $alike) { $shown | Should -Match "(?m)^ +Segment: $one\r?$" }
        }
        Format-ShmHex $alike[0] $alike[1] -Length 32 | Out-String |
            Should -Match "(?m)^ +Segment: < $($alike[0]), > $($alike[1])\r?$"
    }
}

Describe 'A narrow terminal' {
    It 'shows pictures and lines of bytes that fit' {
        $script = "$TestDrive/narrow.ps1"
        Set-Content $script @"
Import-Module '$PSScriptRoot/../../out/PSSharedMemory'
Show-ShmMap '$prefix-odd' | Out-Host
Format-ShmHex '$prefix-odd' -Length 32 | Out-Host
'DONE'
"@
        $pwsh = "NO_COLOR=1 TERM=xterm pwsh -NoProfile -File $script"
        $lines = @(script -qec "stty cols 50 rows 50; $pwsh" /dev/null | ForEach-Object TrimEnd)
        $lines[-1] | Should -Be DONE
        ($lines | Measure-Object Length -Maximum).Maximum | Should -BeLessThan 50
        # Whole rows of cells and of bytes, none of them on two lines.
        @($lines -match '^0x[0-9a-f]{8}  \S{32}$').Count | Should -Be 16
        @($lines -match '^[0-9a-f]{8}: (00 ){8} \.{8}$').Count | Should -Be 4
    }

    It 'shows a map of more than 4 GB in straight lines' {
        $null = New-ShmSegment "$prefix-huge" -Size 8GB -Sparse
        $lines = (Show-ShmMap "$prefix-huge" | Out-String -Stream) -match '^ *0x'
        @($lines | ForEach-Object { $_.IndexOf('·') } | Select-Object -Unique) | Should -Be 13
    }
}

Describe 'Test-ShmHost' {
    It 'breaks lines at blanks' {
        $text = (Test-ShmHost ShmMount).Shown.ToString('DetailAndFix within 30', $null)
        foreach ($line in $text -split "`n") { $line.Length | Should -BeLessOrEqual 30 }
        ($text -replace "`n", ' ') | Should -Match ([regex]::Escape((Test-ShmHost ShmMount).Detail.Substring(0, 20)))
    }
}

Describe 'Colours' {
    It 'are given to verdicts and checks on a terminal that wants them, and nowhere else' {
        # script(1) gives a terminal.
        $run = { param($before)
            script -qec "$before pwsh -NoProfile -Command `"Import-Module '$PSScriptRoot/../../out/PSSharedMemory'; Get-ShmStat '$prefix-held'; Test-ShmHost SysV`"" /dev/null |
                Out-String
        }
        $shown = & $run 'env -u NO_COLOR TERM=xterm-256color'
        $shown | Should -Match "`e\[32mInUse"
        $plain = & $run 'env NO_COLOR=1 TERM=xterm-256color'
        $plain | Should -Not -Match "`e\[3\d;?\d*m(InUse|Pass)"
        $file =
            pwsh -NoProfile -Command "Import-Module '$PSScriptRoot/../../out/PSSharedMemory'; Get-ShmStat '$prefix-held'" |
            Out-String
        $file | Should -Not -Match "`e\[3\d;?\d*mInUse"
    }
}
