namespace LmmFunctional

/// <summary>Fitting linear mixed models.</summary>
[<RequireQualifiedAccess>]
module Lmm =

    /// <summary>The version of the library.</summary>
    let version = "0.1.0"
