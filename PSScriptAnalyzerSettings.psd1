@{
    ExcludeRules = @(
        # A variable of BeforeAll is used in other script blocks, which the rules do not see.
        'PSUseDeclaredVarsMoreThanAssignments'
        'PSReviewUnusedParameter'
        # Helpers of the tests are no commands for users.
        'PSProvideCommentHelp'
        'PSUseShouldProcessForStateChangingFunctions'
        # The build has a task named Docs, and Pester a parameter named ForEach.
        'PSUseSingularNouns'
        'PSAvoidAssignmentToAutomaticVariable'
        # Scenarios type as users do, and the helpers of a test take what differs by its place.
        'PSAvoidUsingPositionalParameters'
        # PowerShell on Linux reads and writes UTF-8 without a mark.
        'PSUseBOMForUnicodeEncodedFile'
    )
}
