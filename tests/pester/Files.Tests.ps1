# What the module writes, in JSON and CSV and back; and that its objects are what they were, wherever they go.

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    $name = "/pst-file-$PID"
    $key = 0x20000000 + $PID
    $sysv = New-ShmSegment -Key $key -Size 8KB
    $mapping = New-ShmSegment $name -Size 64KB -Mount
    $mapping | Write-ShmData 'needle'
    $mutex = New-ShmMutex $mapping 512
    $semaphore = New-ShmSemaphore $mapping 256 3
    $queue = New-ShmQueue "$name-queue" -Capacity 16KB
    $hexKey = '0x{0:x8}' -f $key
    $objects = [ordered] @{
        ShmSegment = $sysv
        ShmStat = Get-ShmStat $name
        ShmMapping = $mapping
        ShmAttachment = Get-ShmAttachment $name -WarningAction Ignore | Where-Object ProcessId -EQ $PID |
            Select-Object -First 1
        ShmMatch = Search-ShmData $mapping needle
        ShmAddressRegion = Get-ShmAddressSpace -Kind Shared | Where-Object { $_.Segment.Name -eq $name } |
            Select-Object -First 1
        ShmSegmentSnapshot = Export-ShmSegment $name "$TestDrive/kept" -PassThru
        ShmMutex = $mutex
        ShmMutexInfo = Get-ShmMutex $mapping 512
        ShmSemaphore = $semaphore
        ShmSemaphoreInfo = Get-ShmSemaphore $mapping 256
        ShmQueue = $queue
    }
}

AfterAll {
    $queue.Dispose()
    $mapping.Dispose()
    Get-ShmSegment "$name*" | Remove-ShmSegment
    $sysv | Remove-ShmSegment
}

Describe 'JSON' {
    It 'of a segment says in words what it is, and its key in hexadecimal' {
        $said = $sysv | ConvertTo-Json | ConvertFrom-Json
        $said.Kind | Should -BeExactly 'SysV'
        $said.Status | Should -BeExactly 'None'
        $said.Key | Should -Be $key
        $said.HexKey | Should -BeExactly $hexKey
    }

    It 'of all others too: no enumeration of ours is a number' {
        foreach ($one in $objects.Values + (Get-ShmLimit) + (Test-ShmHost SysV) + (New-ShmType 'struct t { int a; };') +
            $mapping.Regions) {
            foreach ($property in $one.GetType().GetProperties().Where{
                $_.PropertyType.IsEnum -and $_.PropertyType.Assembly.GetName().Name -like 'PSSharedMemory*'
            }) {
                $said = ($one | ConvertTo-Json -Depth 1 -WarningAction Ignore | ConvertFrom-Json).($property.Name)
                $said | Should -BeOfType [string] -Because "$one $($property.Name)"
                $said | Should -BeExactly "$($one.($property.Name))"
            }
        }
    }

    It 'has an address in hexadecimal beside the number' {
        foreach ($one in $mapping, $objects.ShmAttachment, $objects.ShmAddressRegion) {
            $said = $one | ConvertTo-Json -WarningAction Ignore | ConvertFrom-Json
            $said.Address | Should -Be $mapping.Address
            $said.HexAddress | Should -BeExactly ('0x{0:x}' -f $mapping.Address)
        }
    }

    It 'of a lock or a queue has its segment, not the mapping that it works on' {
        foreach ($one in $mutex, $semaphore, $queue) {
            $said = $one | ConvertTo-Json -WarningVariable warned | ConvertFrom-Json
            $warned | Should -BeNullOrEmpty
            $said.Segment.Kind | Should -BeExactly 'Posix'
            $said.PSObject.Properties.Name | Should -Not -Contain 'Mapping'
        }

        # A script that asks for it still has it.
        $mutex.Mapping | Should -Be $mapping
        $queue.Mapping.IsMounted | Should -BeTrue
    }

    It 'leads back to the segment' {
        foreach ($what in $objects.Keys) {
            $found = $objects[$what] | ConvertTo-Json -Depth 3 -WarningAction Ignore | ConvertFrom-Json | Get-ShmSegment
            $found.Label |
                Should -BeExactly $(switch ($what) {
                    'ShmSegment' { "$sysv" } 'ShmQueue' { "$name-queue" } default { $name }
                }) -Because $what
        }

        "{ ""HexKey"": ""$hexKey"" }", "{ ""Key"": $key }" | ConvertFrom-Json | Get-ShmSegment | ForEach-Object Id |
            Should -Be $sysv.Id, $sysv.Id
    }
}

Describe 'CSV' {
    It 'has keys and addresses in hexadecimal' {
        ($sysv | ConvertTo-Csv | ConvertFrom-Csv).Key | Should -BeExactly $hexKey
        (Get-ShmStat -Id $sysv.Id | Select-Object Label, Key | ConvertTo-Csv | ConvertFrom-Csv).Key |
            Should -BeExactly $hexKey
        foreach ($one in $mapping, $objects.ShmAttachment, $objects.ShmAddressRegion) {
            ($one | ConvertTo-Csv | ConvertFrom-Csv).Address | Should -BeExactly ('0x{0:x}' -f $mapping.Address)
        }

        ($objects.ShmAddressRegion | ConvertTo-Csv | ConvertFrom-Csv).EndAddress |
            Should -BeExactly ('0x{0:x}' -f ($mapping.Address + 64KB))
    }

    It 'leads back to the segment' {
        foreach ($what in $objects.Keys) {
            $objects[$what] | Export-Csv "$TestDrive/$what.csv"
            $found = Import-Csv "$TestDrive/$what.csv" | Get-ShmSegment
            $found.Label |
                Should -BeExactly $(switch ($what) {
                    'ShmSegment' { "$sysv" } 'ShmQueue' { "$name-queue" } default { $name }
                }) -Because $what
        }

        Import-Csv "$TestDrive/ShmSegment.csv" | Select-Object Key | Get-ShmSegment | ForEach-Object Id |
            Should -Be $sysv.Id
    }
}

Describe 'A number in hexadecimal' {
    It 'compares and counts as one' {
        $sysv.Key -eq $key | Should -BeTrue
        $key -eq $sysv.Key | Should -BeTrue
        @(1, $key) -contains $sysv.Key | Should -BeTrue
        $sysv.Key + 1 | Should -Be ($key + 1)
        @{ $key = 'found' }[$sysv.Key] | Should -Be 'found'
        ($sysv | Where-Object Key -EQ $key).Id | Should -Be $sysv.Id
        (Get-ShmSegment -Key $sysv.Key).Id | Should -Be $sysv.Id
        $mapping.Address % 4KB | Should -Be 0
        '{0:x8}' -f $sysv.Key | Should -BeExactly $hexKey.Substring(2)
        $sysv.Key.ToString('X8') | Should -BeExactly $hexKey.Substring(2).ToUpper()
        $mapping.Address.ToString('x') | Should -BeExactly $mapping.HexAddress.Substring(2)
        $mapping.Address + 1 -gt $mapping.Address | Should -BeTrue
    }

    It 'is shown so by every cmdlet of PowerShell' {
        $sysv | Format-Table Key -HideTableHeaders | Out-String | Should -Match $hexKey
        $sysv | Select-Object Key | Format-List | Out-String | Should -Match $hexKey
        ($sysv | Group-Object Key).Name | Should -BeExactly $hexKey
    }
}

Describe 'A property' {
    It 'of <_> cannot be changed' -ForEach 'ShmSegment', 'ShmStat', 'ShmMapping', 'ShmAttachment', 'ShmMatch',
        'ShmAddressRegion', 'ShmSegmentSnapshot', 'ShmMutexInfo', 'ShmSemaphoreInfo', 'ShmQueue' {
        $object = $objects[$_]
        foreach ($property in $object.PSObject.Properties) {
            $property.IsSettable | Should -BeFalse -Because $property.Name
        }
        { $object.Segment = 'x' } | Should -Throw
    }

    It 'of no type that the module writes is open to scripts, and no enumeration is a number to JSON' {
        $types = [PSSharedMemory.ShmSegment].Assembly.GetExportedTypes()
        $inputs = '(Options|Change|Exception|Attribute|SequenceLock)$'
        foreach ($type in $types.Where{
            -not $_.IsValueType -and -not $_.GetMethod('Deconstruct') -and $_.Name -notmatch $inputs
        }) {
            foreach ($property in $type.GetProperties().Where{
                $_.SetMethod -and $_.SetMethod.IsPublic -and $_.GetIndexParameters().Count -eq 0
            }) {
                "$($type.Name).$($property.Name)" | Should -Be 'ShmDictionary.WriteTimeout'
            }
        }

        foreach ($enum in $types.Where{ $_.IsEnum }) {
            [Enum]::GetUnderlyingType($enum) | Should -Be ([long]) -Because $enum.Name
        }
    }

    It 'cannot send a removal elsewhere' {
        $other = New-ShmSegment "$name-other" -Size 4KB
        { $other.Name = $name } | Should -Throw
        $other | Remove-ShmSegment
        Test-Path "/dev/shm$name" | Should -BeTrue
        Test-Path "/dev/shm$name-other" | Should -BeFalse
    }
}

Describe 'An id' {
    It 'is a number to scripts' {
        $sysv.Id -eq [int] "$($sysv.Id)" | Should -BeTrue
        [int] $sysv.Id -eq $sysv.Id | Should -BeTrue
        @(-1, [int] $sysv.Id) -contains $sysv.Id | Should -BeTrue
        (Get-ShmSegment -Id $sysv.Id).Label | Should -BeExactly "id $($sysv.Id)"
        & ipcs -m -i $sysv.Id | Out-String | Should -Match "shmid=$($sysv.Id)\b"
    }

    It 'is not a process'' or a job''s to <Cmdlet>, be it live, from CSV or from JSON' -ForEach @(
        'Stop-Process', 'Get-Process', 'Wait-Process', 'Debug-Process', 'Stop-Job', 'Get-Job', 'Remove-Job',
        'Receive-Job' | ForEach-Object { @{ Cmdlet = $_ } }
    ) {
        $with = if ((Get-Command $Cmdlet).Parameters.ContainsKey('WhatIf')) { @{ WhatIf = $true } } else { @{} }
        $stat = Get-ShmStat -Id $sysv.Id
        $all = $sysv, $stat |
            ForEach-Object {
                $_
                $_ | ConvertTo-Csv | ConvertFrom-Csv
                $_ | ConvertTo-Json -WarningAction Ignore | ConvertFrom-Json
            }
        $all | Should -HaveCount 6
        foreach ($one in $all) {
            { $one | & $Cmdlet @with -ErrorAction Stop } | Should -Throw -ErrorId 'ParameterArgumentValidationError*'
        }
    }

    It 'is not a process'' to the cmdlets here that take one' {
        foreach ($one in $sysv, (Get-ShmStat -Id $sysv.Id), $mapping, $mutex) {
            { $one | Get-ShmAddressSpace -ErrorAction Stop } |
                Should -Throw -ErrorId 'ParameterArgumentTransformationError,*'
            { $one | Trace-ShmCall -TimeoutSec 1 -ErrorAction Stop } |
                Should -Throw -ErrorId 'ParameterArgumentTransformationError,*'
        }
    }
}

Describe 'No object of the module' {
    It 'names a process to <_>' -ForEach 'Stop-Process', 'Get-Process', 'Wait-Process' {
        # A program that has the name of every object here that could have one.
        $labelled = New-ShmSegment -Anonymous -Label (Get-Process -Id $PID).ProcessName -Size 4KB
        $with = if ($_ -eq 'Stop-Process') { @{ WhatIf = $true } } else { @{} }
        foreach ($one in @($objects.Values) + $labelled + (Get-ShmStat $labelled)) {
            { $one | & $_ @with -ErrorAction Stop } | Should -Throw -Because "$($one.GetType().Name) $one"
        }
    }
}
