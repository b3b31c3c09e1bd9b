# What becomes of the objects in JSON, CSV, text and the cmdlets that work on any object.

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    $name = "/pst-formats-$PID"
    . "$PSScriptRoot/EveryOutput.ps1"
    $listed = @(Get-ShmSegment $name; Get-ShmSegment "$name-PostgreSQL.77")
}

AfterAll { Remove-EveryOutput }

Describe 'Every object' {
    It 'says in a text what it is' {
        foreach ($object in $objects) {
            "$object" | Should -Not -Match '^(PSSharedMemory|System)\.' -Because $object.GetType().Name
            "$object" | Should -Not -Match ' \{ ' -Because "nobody reads the text of a record: $($object.GetType().Name)"
            "$object" | Should -Not -BeNullOrEmpty -Because $object.GetType().Name
        }
    }

    It 'says in a list what its properties are' {
        foreach ($object in $objects) {
            $object | Format-List | Out-String -Width 500 |
                Should -Not -Match ' \{ \w+ = |PSSharedMemory\.\w' -Because $object.GetType().Name
        }
    }

    It 'says in Format-Wide what it is' {
        foreach ($object in $objects) {
            ($object | Format-Wide | Out-String).Trim() | Should -Not -BeNullOrEmpty -Because $object.GetType().Name
        }
        $objects | Where-Object { $_ -is [PSSharedMemory.ShmMutex] } | Format-Wide -Column 1 | Out-String |
            Should -Match "mutex at offset 1024 of $name"
    }

    It 'looks the same when it has been sent' {
        # What is drawn comes as words.
        $drawn = 'ShmType', 'ShmMap'
        foreach ($object in $objects | Where-Object { $_.GetType().Name -notin $drawn }) {
            $sent = [System.Management.Automation.PSSerializer]::Deserialize(
                [System.Management.Automation.PSSerializer]::Serialize($object))
            # Ages go on.
            ($sent | Out-String -Width 79) -replace '\b\d+ s\b' | Should -BeExactly (
                ($object | Out-String -Width 79) -replace '\b\d+ s\b') -Because $object.GetType().Name
        }
    }

    It 'has no live handle in JSON' {
        foreach ($object in $objects) {
            foreach ($depth in 2, 4) {
                $json = $object | ConvertTo-Json -Depth $depth -WarningAction Ignore
                $json | Should -Not -Match 'SafeHandle|IsInvalid' -Because $object.GetType().Name
            }
        }
    }
}

Describe 'A header of a table' {
    It 'is the name of a property' {
        # Two are pictures: where in the address space a region lies, and where each process has a range.
        # Get-Process and Wait-Process would bind by a PID: it is ProcessId.
        $pictures = '0 ... 128 TB', 'PID: Address', 'PID'
        $seen = 0
        foreach ($file in Get-ChildItem "$PSScriptRoot/../../out/PSSharedMemory/Views/*.format.ps1xml") {
            foreach ($table in ([xml] (Get-Content -Raw $file)).SelectNodes('//View[TableControl]')) {
                $type = $table.ViewSelectedBy.TypeName -replace '#.*'
                $object = @($objects | Where-Object { $_ -and $_.GetType().FullName -eq $type })[0]
                $object | Should -Not -BeNullOrEmpty -Because $type
                foreach ($label in $table.SelectNodes('.//TableColumnHeader/Label').InnerText) {
                    if ($label -in $pictures) { continue }
                    $object.psobject.Properties[$label] | Should -Not -BeNullOrEmpty -Because "$type shows $label"
                    { $null = $object | Select-Object $label -ErrorAction Stop } | Should -Not -Throw
                    $seen++
                }
            }
        }
        $seen | Should -BeGreaterThan 100
    }

    It 'sorts and selects what it heads, and is in no file unasked' {
        ($listed | Sort-Object Used -Descending).Size | Should -Be 65536, 8192
        ($listed | Where-Object Used -GT 10KB).Label | Should -BeExactly $name
        ($listed[0] | Select-Object Used).Used | Should -Be $listed[0].Allocated
        ($mapping | Select-Object Prot).Prot | Should -Be 'rw-'
        @(Get-ShmLimit | Sort-Object % -Descending)[0].Percent |
            Should -BeGreaterThan @(Get-ShmLimit | Where-Object { $null -ne $_.Percent } | Sort-Object %)[0].Percent
        foreach ($text in ($listed[0] | ConvertTo-Csv)[0], ($listed[0] | ConvertTo-Json -Depth 1 -WarningAction Ignore),
            [System.Management.Automation.PSSerializer]::Serialize($listed[0])) {
            $text | Should -Not -Match '"(Used|Att|Creator|Shown)"'
        }
        ($listed[0] | Select-Object *).psobject.Properties.Name | Should -Not -Contain Used
    }
}

Describe 'A view of the user' {
    It 'that is put before others is taken' {
        $file = "$TestDrive/mine.format.ps1xml"
        Set-Content $file @'
<Configuration><ViewDefinitions><View>
  <Name>Mine</Name><ViewSelectedBy><TypeName>PSSharedMemory.ShmSegment</TypeName></ViewSelectedBy>
  <TableControl><TableHeaders/><TableRowEntries><TableRowEntry><TableColumnItems>
    <TableColumnItem><PropertyName>Inode</PropertyName></TableColumnItem>
  </TableColumnItems></TableRowEntry></TableRowEntries></TableControl>
</View></ViewDefinitions></Configuration>
'@
        $shell = [powershell]::Create()
        try {
            $module = "$PSScriptRoot/../../out/PSSharedMemory"
            $before, $after, $stat = $shell.AddScript("Import-Module '$module'; Get-ShmSegment $name | Out-String
                Update-FormatData -PrependPath '$file'
                Get-ShmSegment $name | Out-String; Get-ShmStat $name | Out-String").Invoke()
            $before | Should -Match UnixMode
            $after | Should -Match '^\s+Inode\s+-+\s+\d+\s+$'
            $stat | Should -Match Holders
        }
        finally { $shell.Dispose() }
    }
}

Describe 'The age of a segment' {
    It 'is a duration, compared and handed on as such' {
        $age = (Get-ShmSegment $name).Age
        $age | Should -BeOfType timespan
        $row = Get-ShmSegment $name | ConvertTo-Csv | ConvertFrom-Csv
        [timespan] $row.Age | Should -BeGreaterOrEqual $age
        (Get-ShmSegment $name | ConvertTo-Json | ConvertFrom-Json).Age.TotalSeconds |
            Should -BeGreaterOrEqual $age.TotalSeconds
        @(Get-ShmSegment $name | Where-Object Age -LT '0:10').Count | Should -Be 1
        @(Get-ShmSegment $name | Where-Object Age -GT '0:10').Count | Should -Be 0
        { Find-ShmOrphan -OlderThan $age -ErrorAction Stop } | Should -Not -Throw
    }
}

Describe 'A listing' {
    It 'is sorted by every column' {
        foreach ($property in ($listed[0] | Select-Object *).psobject.Properties.Name) {
            { $listed | Sort-Object $property -ErrorAction Stop } | Should -Not -Throw
        }
        ($listed | Sort-Object Size -Descending).Size | Should -Be 65536, 8192
        ($listed | Sort-Object Age).Count | Should -Be 2
    }

    It 'is summed, grouped and compared' {
        ($listed | Measure-Object Size -Sum).Sum | Should -Be 73728
        ($listed | Group-Object Kind -NoElement).Name | Should -Be 'Posix'
        ($listed | Group-Object Owner -AsHashTable -AsString).Keys | Should -Be $listed[0].Owner
        $again = @(Get-ShmSegment $name; Get-ShmSegment "$name-PostgreSQL.77")
        Compare-Object $listed $again | Should -BeNullOrEmpty
        (Compare-Object $listed $again[0]).SideIndicator | Should -Be '<='
        (Compare-Object $listed $again[0] -Property Label).Label | Should -BeExactly "$name-PostgreSQL.77"
    }

    It 'is known again by the operators, in a table and in a switch' {
        $again = Get-ShmSegment $name
        $listed -contains $again | Should -BeTrue
        $again -in $listed | Should -BeTrue
        $again -eq $listed[0] | Should -BeTrue
        $again -eq $listed[1] | Should -BeFalse
        @{ $listed[0] = 'found' }[$again] | Should -Be 'found'
        $(switch ($again) { { $_.Size -gt 10KB } { 'large' } default { 'small' } }) | Should -Be 'large'
        $(switch ($again.Kind) { Posix { 'yes' } }) | Should -Be 'yes'
        @($listed | Select-Object -Unique).Count | Should -Be 2
        ($again.IsOrphan ? 'yes' : 'no') | Should -Be 'no'
    }

    It 'is HTML, a list of all and one property of it' {
        $listed | ConvertTo-Html -Property Label, Size, Age | Out-String |
            Should -Match "$name</td><td>65536</td><td>[\d.]+"
        $listed | Format-List * | Out-String | Should -Match "Label +: $name"
        $listed | Select-Object -ExpandProperty Label | Should -BeExactly $name, "$name-PostgreSQL.77"
        @($listed | ForEach-Object Size) | Should -Be 65536, 8192
        $listed | Format-Table -GroupBy Kind | Out-String | Should -Match 'Kind: Posix'
        $listed | Format-Table -AutoSize | Out-String | Should -Match $name
    }
}
