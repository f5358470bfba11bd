namespace LmmFunctional.Analysis

open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Language
open LmmFunctional.Estimation

/// <summary>A model in the language of another program.</summary>
type ForeignCode = {
    /// SAS PROC MIXED, lme4, nlme.
    Program: string
    /// None where the program cannot say the model.
    Code: string option
    /// What it cannot say, or what must be done besides, a sentence each.
    Notes: string list
} with

    /// The code, or what the program cannot say; notes as comments before it.
    override this.ToString() =
        match this.Code with
        | Some code -> code
        | None -> String.concat "\n" this.Notes

/// <summary>What the writers of foreign code ask of a fit.</summary>
[<RequireQualifiedAccess>]
module internal ForeignModel =

    /// The variables of the model that are factors: of fixed effects and of effects of random terms.
    let factors (fit: Fit) : string list =
        let coded = fit.Design.Schema.Fixed @ (fit.Design.Schema.Random |> List.collect fst)

        coded
        |> List.collect _.Variables
        |> List.map _.Variable
        |> List.filter Variable.isFactor
        |> List.map _.Expr
        |> List.distinct
        |> List.collect Expr.columns

    /// The model with its dots written out.
    let spec (fit: Fit) =
        Columns.expandDots fit.Design.Schema.Frame fit.Spec

    /// Code, or none where there are reasons against it.
    let outcome program (obstacles: string list) (notes: string list) (code: unit -> string) : ForeignCode =
        match obstacles with
        | [] -> {
            Program = program
            Code = Some(code ())
            Notes = notes
          }
        | _ -> {
            Program = program
            Code = None
            Notes = obstacles
          }

    let isPlain (expr: Expr) =
        match expr with
        | Expr.Column _ -> true
        | _ -> false

    /// Expressions other than columns in the model, as text.
    let computed (spec: LmmSpec) : string list =
        let ofTerms (terms: Terms) =
            (terms.Items |> List.collect _.Factors) @ terms.Offsets

        spec.Response :: ofTerms spec.Fixed
        @ (spec.Random
           |> List.collect (fun term -> ofTerms term.Effects @ term.Group.Factors))
        |> List.filter (isPlain >> not)
        |> List.map ExprText.deparse
        |> List.distinct
