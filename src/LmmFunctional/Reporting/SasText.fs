namespace LmmFunctional.Analysis

open System
open LmmFunctional.Model
open LmmFunctional.Language
open LmmFunctional.Estimation

/// <summary>Names, terms and covariance structures in the words of SAS.</summary>
[<RequireQualifiedAccess>]
module internal SasText =

    // A name of SAS has letters, digits and underscores, 32 at most; any other is written as a literal.
    let name (text: string) =
        let isPlain =
            text <> ""
            && text.Length <= 32
            && (Char.IsAsciiLetter text[0] || text[0] = '_')
            && text
               |> Seq.forall (fun letter -> Char.IsAsciiLetterOrDigit letter || letter = '_')

        if isPlain then
            text
        else
            "'" + text.Replace("'", "''") + "'n"

    let variable expr =
        match expr with
        | Expr.Column own -> name own
        | other -> name (ExprText.deparse other)

    let term (own: Term) =
        own.Factors |> List.map variable |> String.concat "*"

    // A variable of CLASS has levels wherever it stands: where it is a number too, its levels are those of a copy.
    let copy (text: string) = name (text + "_class")

    let classVariable (numbers: Set<string>) expr =
        match expr with
        | Expr.Column own when numbers.Contains own -> copy own
        | other -> variable other

    let subject numbers (group: Term) =
        group.Factors |> List.map (classVariable numbers) |> String.concat "*"

    /// The TYPE= of a structure; or what SAS does not have.
    let typeOf (structure: Structure) (along: string list) : Result<string, string> =
        match (Catalogue.modelOf structure).SasType with
        | SasType.Named name -> Ok name
        | SasType.WithCoordinates name ->
            let coordinates = String.concat " " along
            Ok $"{name}({coordinates})"
        | SasType.Missing(Some reason) -> Error reason
        | SasType.Missing None -> Error $"SAS has no {StructureText.name structure}."

    let problemOf result =
        match result with
        | Ok _ -> None
        | Error problem -> Some problem
