namespace LmmFunctional.Cli

/// <summary>The options of each command, for the nearest to a mistyped one.</summary>
[<RequireQualifiedAccess>]
module internal OptionNames =

    /// The options of a command; those of fit for any other name.
    let ofCommand command =
        match command with
        | "plan" -> [ "--json"; "--help" ]
        | "compare" -> [ "--ml"; "--weights"; "--json"; "--help" ]
        | "ci" -> [
            "--ml"
            "--weights"
            "--profile"
            "--wald"
            "--boot"
            "--interval"
            "--seed"
            "--level"
            "--json"
            "--help"
          ]
        | "ems" -> [ "--random"; "--levels"; "--reps"; "--restricted"; "--differences"; "--help" ]
        | "anova" -> [
            "--type"
            "--df"
            "--convention"
            "--ml"
            "--weights"
            "--algorithm"
            "--json"
            "--quiet"
            "--help"
          ]
        | "emmeans" -> [
            "--over"
            "--trend"
            "--contrast"
            "--reference"
            "--adjust"
            "--at"
            "--weights"
            "--type"
            "--level"
            "--letters"
            "--prior-weights"
            "--ml"
            "--algorithm"
            "--df"
            "--convention"
            "--json"
            "--quiet"
            "--help"
          ]
        | "anova-table" -> [ "--random"; "--type"; "--zero"; "--differences"; "--json"; "--help" ]
        | _ -> [
            "--ml"
            "--weights"
            "--residual"
            "--known"
            "--pedigree"
            "--fix"
            "--bound"
            "--algorithm"
            "--df"
            "--convention"
            "--robust"
            "--cluster"
            "--json"
            "--quiet"
            "--help"
          ]
