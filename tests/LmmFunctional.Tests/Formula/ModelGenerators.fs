namespace LmmFunctional.Tests

open FsCheck
open FsCheck.FSharp
open LmmFunctional
open LmmFunctional.Model

/// A model that text can express.
type PrintableModel = PrintableModel of LmmSpec

/// An expression that text can express.
type PrintableExpr = PrintableExpr of Expr

/// A sum of terms without offsets.
type PlainSum = PlainSum of Terms

/// Text that looks like a formula from afar.
type AlmostFormula = AlmostFormula of string

/// <summary>Random models and texts.</summary>
type ModelGenerators =

    static member private Name =
        let any =
            ArbMap.defaults
            |> ArbMap.generate<NonEmptyString>
            |> Gen.map (fun name -> name.Get.Replace('\uffff', '?'))

        let awkward =
            Gen.elements [
                "a b"
                ".c"
                "TRUE"
                "if"
                "größe"
                "a`b"
                "b\\s"
                "l\nb"
                "."
                "1st"
                "_id"
                ".1"
                "n.1"
                "Δt"
            ]

        Gen.frequency [ 6, Gen.elements [ "x"; "y"; "z"; "dose"; "visit" ]; 2, awkward; 1, any ]

    static member private Number =
        ArbMap.defaults
        |> ArbMap.generate<NormalFloat>
        |> Gen.map (fun value -> abs value.Get)

    static member private Call size =
        gen {
            let! name =
                Gen.frequency [ 5, Gen.elements [ "log"; "poly"; "I"; "factor" ]; 1, ModelGenerators.Name ]

            let name = if name = "offset" then "log" else name
            let! count = Gen.choose (0, 2)

            let argument =
                Gen.zip (Gen.optionOf ModelGenerators.Name) (ModelGenerators.Expr(size / 2))

            let! arguments = Gen.listOfLength count argument
            return Expr.Call(name, arguments)
        }

    static member private Expr size : Gen<Expr> =
        let leaf =
            Gen.oneof [
                ModelGenerators.Name |> Gen.map Expr.Column
                ModelGenerators.Number |> Gen.map Expr.Number
                Gen.elements [ true; false ] |> Gen.map Expr.Truth
                ModelGenerators.Name |> Gen.map Expr.Text
            ]

        if size <= 0 then
            leaf
        else
            let smaller = ModelGenerators.Expr(size / 2)

            let operator =
                Gen.elements [
                    Operator.Add
                    Operator.Subtract
                    Operator.Multiply
                    Operator.Divide
                    Operator.Power
                ]

            Gen.oneof [
                leaf
                smaller |> Gen.map Expr.Negate
                Gen.map3 (fun operator left right -> Expr.Binary(operator, left, right)) operator smaller smaller
                ModelGenerators.Call size
            ]

    static member private Factor =
        Gen.frequency [ 4, ModelGenerators.Name |> Gen.map Expr.Column; 1, ModelGenerators.Call 4 ]

    static member private Term =
        Gen.choose (1, 3)
        |> Gen.bind (fun count -> Gen.listOfLength count ModelGenerators.Factor)
        |> Gen.map (fun factors -> { Factors = List.distinct factors })

    static member private TermsUpTo most =
        Gen.choose (0, most)
        |> Gen.bind (fun count -> Gen.listOfLength count ModelGenerators.Term)

    static member private Fixed =
        gen {
            let! intercept = Gen.elements [ []; [ Term.intercept ] ]
            let! terms = ModelGenerators.TermsUpTo 4

            let! dots =
                Gen.frequency [ 3, Gen.constant []; 1, Gen.elements [ [ Expr.Dot ]; [ Expr.Dot; Expr.Dot ] ] ]

            let dotted = if List.isEmpty dots then [] else [ { Factors = dots } ]

            let! offsets =
                Gen.frequency [ 3, Gen.constant []; 1, ModelGenerators.Expr 4 |> Gen.map List.singleton ]

            let! removed = ModelGenerators.TermsUpTo 2
            return Terms.create (intercept @ terms @ dotted) offsets removed
        }

    static member private RandomTerm =
        gen {
            let! intercept = Gen.elements [ true; false ]
            let! terms = ModelGenerators.TermsUpTo 2

            let items =
                if intercept || List.isEmpty terms then
                    Term.intercept :: terms
                else
                    terms

            let! group = ModelGenerators.Term

            let! structure =
                Gen.frequency [
                    1, Gen.elements [ Structure.Unstructured; Structure.Diagonal ]
                    1, ModelGenerators.Structure
                ]

            let! relationship =
                Gen.frequency [ 3, Gen.constant None; 1, ModelGenerators.Name |> Gen.map Some ]

            let! perLevelOf = ModelGenerators.PerLevelOf

            return {
                Effects = Terms.ofList items
                Group = group
                Structure = structure
                Relationship = relationship
                PerLevelOf = perLevelOf
            }
        }

    static member private PerLevelOf =
        Gen.frequency [ 3, Gen.constant None; 1, ModelGenerators.Factor |> Gen.map Some ]

    static member private Structure =
        StructureCatalogue.all
        |> List.filter (fun entry -> entry.Name <> "known" && entry.Name <> "kron")
        |> List.map (fun entry ->
            let arguments =
                if entry.Name.StartsWith "sp_" then
                    Gen.elements [ 0.5; 1.5; 2.5 ]
                else
                    Gen.choose (1, 9) |> Gen.map float

            Gen.listOfLength entry.Arguments.Length arguments
            |> Gen.map (StructureCatalogue.make entry.Name)
            |> Gen.map (fun made ->
                match made with
                | Ok structure -> structure
                | Error words -> invalidOp words))
        |> Gen.oneof

    // Effects in a crossing: one variable for each part of the product.
    static member private ProductTerm =
        gen {
            let! variables =
                Gen.choose (2, 3)
                |> Gen.bind (fun count -> Gen.listOfLength count ModelGenerators.Factor)
                |> Gen.map List.distinct
                |> Gen.filter (fun variables -> variables.Length > 1)

            let! structures = Gen.listOfLength variables.Length ModelGenerators.Structure
            let! random = ModelGenerators.RandomTerm

            return {
                random with
                    Effects = Terms.ofList [ { Factors = variables } ]
                    Structure =
                        structures
                        |> List.reduce (fun first second -> Structure.Kronecker(first, second))
            }
        }

    static member private Correlations =
        gen {
            let! count = Gen.frequency [ 3, Gen.constant 1; 1, Gen.choose (2, 3) ]

            let variables =
                Gen.choose (1, 3)
                |> Gen.bind (fun count -> Gen.listOfLength count ModelGenerators.Factor)
                |> Gen.map Coordinates.Variables

            let correlation =
                Gen.map2
                    (fun structure along -> { Structure = structure; Along = along })
                    ModelGenerators.Structure
                    (Gen.frequency [ 4, variables; 1, Gen.constant Coordinates.RowOrder ])

            return! Gen.listOfLength count correlation
        }

    static member private Variance =
        let covariate =
            Gen.frequency [
                3, ModelGenerators.Factor |> Gen.map VarianceCovariate.Variable
                1, Gen.constant VarianceCovariate.Fitted
            ]

        Gen.oneof [
            ModelGenerators.Factor |> Gen.map VarianceFunction.PerGroup
            covariate |> Gen.map VarianceFunction.Power
            covariate |> Gen.map VarianceFunction.Exponential
            covariate |> Gen.map VarianceFunction.ConstantPower
        ]

    static member private Residual =
        gen {
            let! correlations =
                Gen.frequency [ 3, ModelGenerators.Correlations; 1, Gen.constant [] ]

            let! within = Gen.optionOf ModelGenerators.Term
            let! count = Gen.choose ((if correlations.IsEmpty then 1 else 0), 2)
            let! variances = Gen.listOfLength count ModelGenerators.Variance
            let! hasNugget = Gen.elements [ true; false ]
            let! perLevelOf = ModelGenerators.PerLevelOf

            return
                ResidualTerm.Structured {
                    Correlations = correlations
                    Within = if correlations.IsEmpty then None else within
                    Variances = variances
                    HasNugget = hasNugget
                    PerLevelOf = perLevelOf
                }
        }

    static member PrintableExpr() =
        Gen.sized (fun size -> ModelGenerators.Expr(min size 30))
        |> Gen.map PrintableExpr
        |> Arb.fromGen

    // Made again from its sorted terms, so that the variables were first named in the order that its text shows.
    static member PlainSum() =
        ModelGenerators.TermsUpTo 3
        |> Gen.map (Terms.ofList >> fun sum -> PlainSum(Terms.ofList sum.Items))
        |> Arb.fromGen

    static member PrintableModel() =
        gen {
            let! response =
                ModelGenerators.Expr 6 |> Gen.filter (Expr.columns >> List.isEmpty >> not)

            let! fixedEffects = ModelGenerators.Fixed
            let! count = Gen.choose (0, 3)

            let! random =
                Gen.frequency [ 3, ModelGenerators.RandomTerm; 1, ModelGenerators.ProductTerm ]
                |> Gen.listOfLength count

            let! residual =
                Gen.frequency [ 1, Gen.constant ResidualTerm.Independent; 1, ModelGenerators.Residual ]

            let! weights = Gen.optionOf ModelGenerators.Name

            return
                PrintableModel {
                    Response = response
                    Fixed = fixedEffects
                    Random = random
                    Residual = residual
                    Weights = weights
                }
        }
        |> Arb.fromGen

    static member AlmostFormula() =
        let token =
            Gen.elements [
                "y"
                "x"
                "g"
                "`a b`"
                "`"
                "\""
                "'s'"
                "."
                "0"
                "1"
                "2"
                "1e9"
                "1e999"
                "~"
                "+"
                "-"
                "*"
                "/"
                ":"
                "^"
                "%in%"
                "|"
                "||"
                "("
                ")"
                ","
                "="
                ";"
                "weights"
                "residual"
                "independent"
                "residual = "
                "per"
                "nugget"
                "us("
                "ar1("
                "toep(2)("
                "kron("
                "known("
                "varpower("
                "fitted()"
                "log("
                "I("
                "offset("
                " "
                "\n"
                "\\"
                "$"
                "é"
                "TRUE"
                "\uffff"
                "\u0000"
            ]

        let tail = Gen.listOf token |> Gen.map (String.concat "")

        Gen.oneof [ tail; tail |> Gen.map (fun rest -> "y ~ " + rest) ]
        |> Gen.map AlmostFormula
        |> Arb.fromGen
