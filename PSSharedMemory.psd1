@{
    RootModule           = 'PSSharedMemory.dll'
    ModuleVersion        = '0.2.0'
    GUID                 = '6f0e7a52-6a0f-4f0e-9b1d-0d8a4d2f5c31'
    Author               = 'PSSharedMemory maintainers'
    Copyright            = 'Copyright (c) PSSharedMemory maintainers. MIT licence.'
    Description          = 'Shared memory on Linux as cmdlets: System V, POSIX and memfd segments made, mounted, read, written, inspected and cleaned up.'
    PowerShellVersion    = '7.4'
    CompatiblePSEditions = @('Core')
    FormatsToProcess     = @(
        'Views/Collections.format.ps1xml'
        'Views/Data.format.ps1xml'
        'Views/Layouts.format.ps1xml'
        'Views/Mappings.format.ps1xml'
        'Views/Origins.format.ps1xml'
        'Views/Processes.format.ps1xml'
        'Views/Segments.format.ps1xml'
        'Views/Sync.format.ps1xml'
    )
    RequiredAssemblies   = @('PSSharedMemory.Core.dll', 'PSSharedMemory.dll')
    TypesToProcess       = @('Views/PSSharedMemory.types.ps1xml')
    FunctionsToExport    = @()
    AliasesToExport      = @()
    VariablesToExport    = @()
    CmdletsToExport      = @(
        'Add-ShmListItem'
        'Clear-ShmData'
        'Compare-ShmData'
        'Copy-ShmData'
        'Dismount-ShmSegment'
        'Enter-ShmSemaphore'
        'Exit-ShmSemaphore'
        'Export-ShmSegment'
        'Find-ShmOrphan'
        'Format-ShmHex'
        'Get-ShmAddressSpace'
        'Get-ShmAttachment'
        'Get-ShmDictionary'
        'Get-ShmLimit'
        'Get-ShmListItem'
        'Get-ShmMapping'
        'Get-ShmMutex'
        'Get-ShmOrigin'
        'Get-ShmQueue'
        'Get-ShmSegment'
        'Get-ShmSemaphore'
        'Get-ShmStat'
        'Import-ShmSegment'
        'Lock-ShmMutex'
        'Measure-ShmLeak'
        'Mount-ShmSegment'
        'New-ShmArena'
        'New-ShmDictionary'
        'New-ShmList'
        'New-ShmMutex'
        'New-ShmQueue'
        'New-ShmSegment'
        'New-ShmSemaphore'
        'New-ShmType'
        'Read-ShmData'
        'Receive-ShmMessage'
        'Register-ShmOrigin'
        'Register-ShmShouldOperator'
        'Remove-ShmSegment'
        'Resize-ShmSegment'
        'Search-ShmData'
        'Send-ShmMessage'
        'Set-ShmAdvice'
        'Set-ShmProtection'
        'Set-ShmSegment'
        'Show-ShmMap'
        'Start-ShmProcess'
        'Test-ShmHost'
        'Trace-ShmCall'
        'Unlock-ShmMutex'
        'Update-ShmValue'
        'Wait-ShmDictionaryKey'
        'Wait-ShmValue'
        'Write-ShmData'
    )
    PrivateData          = @{
        PSData = @{
            Tags         = @('SharedMemory', 'IPC', 'SystemV', 'POSIX', 'memfd', 'shm', 'mmap', 'Linux', 'PSEdition_Core')
            LicenseUri   = 'https://opensource.org/license/mit'
            Prerelease   = 'preview1'
            ReleaseNotes = 'Names as people have them, pipelines that reach the right target, memory that may vanish at full speed, queues and dictionaries. The file CHANGELOG.md in the package has every change.'
        }
    }
}
