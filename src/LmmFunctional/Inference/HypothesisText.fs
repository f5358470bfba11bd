namespace LmmFunctional.Analysis

open LmmFunctional
open LmmFunctional.Model

/// One hypothesis as text: the weights of the names, and the value they are tested against.
[<NoComparison; ReferenceEquality>]
type internal HypothesisRow = {
    Label: string
    Weights: float[]
    Value: float
}

/// <summary>Reading linear hypotheses: sums of names with factors and fractions, an equals sign, commas or semicolons between
/// hypotheses, a name and a colon before one.</summary>
/// <remarks>The names of columns hold spaces, commas, colons and minus signs, so at every place the longest name that
/// fits is taken. A name of a hypothesis ends with a colon and a space, which no name of a column has.</remarks>
[<RequireQualifiedAccess>]
module internal HypothesisText =

    /// A linear function read so far: weights of the names, the constant, and where reading goes on.
    type private Sum = {
        Weights: float[]
        Constant: float
        At: int
    }

    // Linear functions

    let private constant (names: string[]) value at = {
        Weights = Array.zeroCreate names.Length
        Constant = value
        At = at
    }

    let private named (names: string[]) index at = {
        Weights = Array.init names.Length (fun i -> if i = index then 1.0 else 0.0)
        Constant = 0.0
        At = at
    }

    let private isConstant sum = sum.Weights |> Array.forall ((=) 0.0)

    let private scaled factor (sum: Sum) at = {
        Weights = sum.Weights |> Array.map (fun weight -> factor * weight)
        Constant = factor * sum.Constant
        At = at
    }

    let private added sign (left: Sum) (right: Sum) = {
        Weights = Array.map2 (fun a b -> a + sign * b) left.Weights right.Weights
        Constant = left.Constant + sign * right.Constant
        At = right.At
    }

    /// Two factors: one of them is a number.
    let private multiplied text at (left: Sum) (right: Sum) =
        if isConstant left then
            Ok(scaled left.Constant right right.At)
        elif isConstant right then
            Ok(scaled right.Constant left right.At)
        else
            HypothesisTokens.problem text at "one of two factors is a number"

    let private divided text at (left: Sum) (right: Sum) =
        if isConstant right && right.Constant <> 0.0 then
            Ok(scaled (1.0 / right.Constant) left right.At)
        else
            HypothesisTokens.problem text at "a number that is not zero is needed here"

    /// Whether a sum in parentheses begins here: without a sign it is a name such as (Intercept).
    let private isGroup (text: string) at =
        HypothesisTokens.isAt "(" text at
        && (let stop = text.IndexOf(')', at)
            let inside = if stop < 0 then "" else text.Substring(at, stop - at)
            inside.IndexOfAny([| '+'; '-'; '*'; '/'; '(' |], min 1 inside.Length) > 0)

    /// A name, a number, or a sum in parentheses.
    let rec private factor names (text: string) at : Result<Sum, LmmError list> =
        match HypothesisTokens.nameAt names text at, HypothesisTokens.numberAt text at with
        | Some(index, next), _ -> Ok(named names index next)
        | None, Some(value, next) -> Ok(constant names value next)
        | None, None when isGroup text at ->
            sum names text (constant names 0.0 (at + 1)) true
            |> Result.bind (fun inner ->
                if HypothesisTokens.isAt ")" text inner.At then
                    Ok { inner with At = inner.At + 1 }
                else
                    HypothesisTokens.problem text inner.At "a sign or ')' is needed here")
        | None, None ->
            HypothesisTokens.quotedOrPlain names text at
            |> Result.map (fun (index, next) -> named names index next)

    /// Factors: 2*a, a/2, 1/2*a, and 2 a.
    and private product names (text: string) at : Result<Sum, LmmError list> =
        let rec further (soFar: Sum) =
            let at = HypothesisTokens.skip text soFar.At

            let follow combine from =
                factor names text (HypothesisTokens.skip text from)
                |> Result.bind (combine text (HypothesisTokens.skip text from) soFar)
                |> Result.bind further

            if HypothesisTokens.isAt "*" text at then
                follow multiplied (at + 1)
            elif HypothesisTokens.isAt "/" text at then
                follow divided (at + 1)
            elif
                isConstant soFar
                && (HypothesisTokens.nameAt names text at <> None
                    || HypothesisTokens.isAt "`" text at)
            then
                follow multiplied at
            else
                Ok soFar

        factor names text at |> Result.bind further

    and private sum names (text: string) (soFar: Sum) isFirst : Result<Sum, LmmError list> =
        let at = HypothesisTokens.skip text soFar.At

        let follow sign from =
            product names text (HypothesisTokens.skip text from)
            |> Result.bind (fun next -> sum names text (added sign soFar next) false)

        if HypothesisTokens.isAt "-" text at then
            follow -1.0 (at + 1)
        elif HypothesisTokens.isAt "+" text at then
            follow 1.0 (at + 1)
        elif isFirst then
            follow 1.0 at
        else
            Ok { soFar with At = at }

    // Hypotheses

    /// Where the hypothesis begins after its own name, when it has one.
    let private afterName (text: string) start =
        let stop = text.IndexOfAny([| ','; ';'; '=' |], start)
        let last = if stop < 0 then text.Length else stop
        let colon = text.IndexOf(": ", start)

        if
            colon > start
            && colon < last
            && text.Substring(start, colon - start).Trim() <> ""
        then
            Some(colon + 1)
        else
            None

    let private sides names (text: string) start =
        sum names text (constant names 0.0 start) true
        |> Result.bind (fun left ->
            (if HypothesisTokens.isAt "=" text left.At then
                 sum names text (constant names 0.0 (left.At + 1)) true
             else
                 Ok(constant names 0.0 left.At))
            |> Result.bind (fun right ->
                if right.At >= text.Length || HypothesisTokens.isAt ",;" text right.At then
                    Ok(left, right)
                else
                    HypothesisTokens.problem text right.At "a sign, '=' or ',' is needed here"))

    let private row count names (text: string) start =
        let read label from =
            sides names text from
            |> Result.bind (fun (left, right) ->
                let found = added -1.0 left right

                let weights = Array.truncate count found.Weights

                if isConstant found then
                    HypothesisTokens.problem text from "this names no column of X"
                elif weights |> Array.forall ((=) 0.0) then
                    HypothesisTokens.problem
                        text
                        from
                        "coefficients of reference levels are zero; name another level too"
                else
                    Ok(
                        {
                            Label = label right.At
                            Weights = weights
                            Value = 0.0 - found.Constant
                        },
                        right.At
                    ))

        let whole = read (fun stop -> text.Substring(start, stop - start).Trim()) start

        match whole, afterName text start with
        | Error _, Some from -> read (fun _ -> text.Substring(start, from - 1 - start).Trim()) from
        | _ -> whole

    /// <summary>Hypotheses from text; the label of each is the name before its colon, or its own text.</summary>
    /// <param name="count">How many names, the first ones, are of columns; the coefficients of the others are zero.</param>
    /// <param name="names">All names.</param>
    /// <param name="text">The text.</param>
    let parse count (names: string[]) (text: string) : Result<HypothesisRow list, LmmError list> =
        let rec rows start found =
            row count names text start
            |> Result.bind (fun (next, at) ->
                if
                    at >= text.Length
                    || text.Substring(at).Trim([| ';'; ' '; '\n'; '\r'; '\t' |]) = ""
                then
                    Ok(List.rev (next :: found))
                else
                    rows (at + 1) (next :: found))

        rows 0 []

    /// <summary>Linear functions of names without a constant, read as hypotheses are.</summary>
    /// <param name="kind">What the names are of, for messages.</param>
    /// <param name="names">All names.</param>
    /// <param name="text">The text.</param>
    let parseFunctions (kind: string) (names: string[]) (text: string) : Result<HypothesisRow list, LmmError list> =
        let ofKind problem =
            match problem with
            | LmmError.UnknownCoefficient(name, Some similar) when names.Length > 10 ->
                LmmError.UnknownChoice(kind, name, [ similar ])
            | LmmError.UnknownCoefficient(name, _) ->
                LmmError.UnknownChoice(kind, name, names |> List.ofArray |> List.truncate 10)
            | other -> other

        parse names.Length names text
        |> Result.mapError (List.map ofKind)
        |> Result.bind (fun rows ->
            match rows |> List.tryFind (fun row -> row.Value <> 0.0) with
            | None -> Ok rows
            | Some row -> HypothesisTokens.problem row.Label 0 "a function has no constant and no '='")
