namespace LmmFunctional.Cli

open LmmFunctional
open LmmFunctional.Analysis

/// <summary>What a command does with <c>--df</c> and <c>--convention</c>.</summary>
[<NoComparison; NoEquality>]
type MethodUse = {
    /// What the help says of methods.
    Help: string
    /// The method, by name, that a convention alone is of.
    Usual: Criterion -> string option
}

/// <summary>The options about degrees of freedom.</summary>
[<RequireQualifiedAccess>]
module MethodOptions =

    let private methods =
        "asymptotic, residual, containment, between-within, satterthwaite or kenward-roger"

    /// Without the options there are no tests.
    let forSummary = {
        Help =
            $"degrees of freedom of the fixed effects: {methods}; without it no p-values are given, and --test takes satterthwaite."
        Usual = fun _ -> None
    }

    /// Satterthwaite's are usual.
    let satterthwaite = {
        Help = $"denominator degrees of freedom: {methods}; satterthwaite is the default."
        Usual = fun _ -> Some "satterthwaite"
    }

    /// Those of Kenward and Roger are usual, by REML.
    let kenwardRoger = {
        Help = $"degrees of freedom: {methods}; kenward-roger after pbkrtest is the default, satterthwaite with --ml."
        Usual =
            fun criterion ->
                match criterion with
                | Criterion.Reml -> Some "kenward-roger"
                | Criterion.Ml -> Some "satterthwaite"
    }

    /// The options.
    let table (methods: MethodUse) = [
        OptionTable.named "--df" "METHOD" DegreesOfFreedomMethod.names methods.Help
        OptionTable.named
            "--convention"
            "NAME"
            Convention.names
            "whose Satterthwaite or Kenward-Roger: sas, sas-linear, pbkrtest, lmertest or mmrm."
    ]

    /// The names of method and convention; a convention alone is of the usual method.
    let read (methods: MethodUse) criterion (options: OptionValues) =
        let convention = OptionValues.tryFind "--convention" options

        let df =
            match OptionValues.tryFind "--df" options, convention with
            | None, Some _ -> methods.Usual criterion
            | df, _ -> df

        df, convention
