# $objects: one of every type that cmdlets write, made of segments named $name. Remove-EveryOutput ends them.

function New-Bag([string] $Type, [hashtable] $With) {
    $bag = [pscustomobject] $With
    $bag.PSTypeNames.Insert(0, "Deserialized.PSSharedMemory.$Type")
    $bag
}
$mapping = New-ShmSegment $name -Size 64KB -Mount
$other = New-ShmSegment "$name-PostgreSQL.77" -Size 8KB
$sysv = New-ShmSegment -Key (0x20000000 + $PID) -Size 4KB
Write-ShmData $mapping 'token' -Offset 32KB
$arena = New-ShmArena $mapping
$list = New-ShmList $arena
Add-ShmListItem $list 1, 2
$postgres = New-ShmSegment '/PostgreSQL.1234567' -Size 4KB -AllowExisting
$queue = New-ShmQueue "$name-queue" -Capacity 64KB
$type = New-ShmType 'struct tick { unsigned up : 3; double price; char name[8]; };'
$snapshot = Export-ShmSegment $name -Path (Join-Path $TestDrive 'snapshot') -PassThru
$objects = @(
    $mapping, $mapping.Regions[0], $arena, $list, (Get-ShmListItem $list)[0], $queue, $snapshot, $type
    $type.Fields[0], [PSSharedMemory.ShmAddress]::new(0x7f0012340000)
    Get-ShmSegment $name; Get-ShmSegment -Id $sysv.Id; Get-ShmStat $name, "$name-PostgreSQL.77"
    Get-ShmAttachment $name; Get-ShmHolder -ProcessId $PID 3> $null
    @(Get-ShmAddressSpace -Kind Shared)[0]
    Start-ShmProcess true -Segment $other -EnvironmentVariable SHM -PassThru -Wait
    Measure-ShmLeak { $null = New-ShmSegment "$name-leak" -Size 4KB } 3> $null
    @(Get-ShmNamespace 3> $null)[0]; @(Get-ShmLimit)[0, 1]; Test-ShmHost 3> $null | Select-Object -First 2
    (Format-ShmHex $mapping -Length 32); Show-ShmMap $mapping
    Search-ShmData $mapping token; Compare-ShmData $name "$name-PostgreSQL.77" -Length 4KB
    New-ShmMutex $mapping -Offset 1024; New-ShmSemaphore $mapping -Offset 2048
    Get-ShmMutex $mapping -Offset 1024; Get-ShmSemaphore $mapping -Offset 2048
    @(Get-ShmOrigin)[0]; (Get-ShmSegment $postgres.Name).Origin
    [PSSharedMemory.ShmSharedRange] (New-Bag ShmSharedRange @{
            Segment = $other; Name = $other.Name; Offset = 0; Length = 8192; Places = @(
                New-Bag ShmPlace @{ ProcessId = 1; Address = 0x7f0000001000; Protection = 'Read'; IsShared = $true }
                New-Bag ShmPlace @{ ProcessId = 2; Protection = 'None'; IsShared = $true })
        })
    [PSSharedMemory.ShmEvent] (New-Bag ShmEvent @{
            Time = [DateTime]::UtcNow; Kind = 'Made'; Label = $name; Segment = $other; ProcessId = $PID
            Command = 'pwsh'; User = 'root'
        })
    [PSSharedMemory.ShmCall] (New-Bag ShmCall @{
            Time = [DateTime]::UtcNow; ProcessId = $PID; Call = 'shmget'; Arguments = '0x1234, 4096, 0600'
            Result = 7; Segment = 'id 7'
        })
)

function Remove-EveryOutput {
    $mapping.Dispose()
    $queue.Dispose()
    Get-ShmSegment "$name*" | Remove-ShmSegment
    $sysv, $postgres | Remove-ShmSegment
}
