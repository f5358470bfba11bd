/// <summary>Every engine that can run a model answers the same: value, gradient, informations and effects.</summary>
module LmmFunctional.Tests.EngineAgreementTests

open System
open System.Collections.Immutable
open Expecto
open LmmFunctional
open LmmFunctional.Estimation

/// Few and many rows per level, so that levels have many entries beside the tail or few of them; vectors of effects.
let private model seed : Standardised =
    SupernodalModels.crossed seed (60, 400) 6 4 (fun random term factor g h ->
        match random.Next 5 with
        | 0 -> [ term "g" g (1 + random.Next 3) ]
        | 1 -> [ term "g" g 1; term "h" h 1 ]
        | 2 -> [ term "g" g (1 + random.Next 3); term "h" h (1 + random.Next 3) ]
        | 3 -> [ term "g" g 1; term "h" h 1; term "k" (factor ()) 1 ]
        | _ -> [ term "g" g 2; term "h" h 1; term "g" g 1 ])

let private engines (model: Standardised) : (string * Engine) list = [
    "block", BlockEngine(CrossProducts.create model)
    "supernodal", SupernodalEngine(SupernodalPlan.analyse model)
    if CompressedModel.isPossible model then
        "compressed", CompressedEngine(CompressedModel.create model true)
    "precise", PreciseEngine(BlockEngine(CrossProducts.create model), true, lazy PreciseModel.tryCreate model)
]

/// What a fit asks of an engine at a point, by name.
let private answers reml (model: Standardised) (lambdas: float[][]) (engine: Engine) : (string * float[]) list =
    let evaluation = SupernodalModels.evaluation reml model lambdas engine
    let observed = evaluation Information.Observed
    Check.isTrue (Double.IsFinite observed.Value)

    let curvature information =
        Array.ofSeq (evaluation information).Curvature.Values

    let effects =
        model.Terms
        |> List.mapi (fun t term ->
            Array.init (term.Levels * term.Factor.Order) (fun k ->
                engine.Score(t, k / term.Factor.Order, k % term.Factor.Order)))

    [
        "value", [| observed.Value |]
        "gradient", Array.ofSeq observed.Gradient
        "observed information", curvature Information.Observed
        "expected information", curvature Information.Expected
        "average information", curvature Information.Average
        "effects", Array.concat effects
    ]

// Relative to the largest element; T has cancelled against 2F where the information is least.
let private tolerance = 1e-8

let private agree seed isSingular reml =
    let model = model seed
    let lambdas = SupernodalModels.lambdas seed isSingular model

    let all =
        engines model
        |> List.map (fun (name, engine) -> name, answers reml model lambdas engine)

    let _, expected = List.head all

    for name, actual in List.tail all do
        for (what, a), (_, b) in List.zip expected actual do
            let size = a |> Array.fold (fun m x -> max m (abs x)) 1e-6

            Array.iteri2
                (fun k x y ->
                    if not (abs (x - y) <= tolerance * size) then
                        failtest $"{what}, element {k}: block {x:R}, {name} {y:R} (seed {seed})")
                a
                b

[<Tests>]
let tests =
    testList "EngineAgreementTests" [
        testPropertyWithConfig (Law.tries 40) "all engines agree inside the space of θ" (fun seed reml ->
            agree seed false reml)

        testPropertyWithConfig (Law.tries 40) "all engines agree where λ is singular or zero" (fun seed reml ->
            agree seed true reml)
    ]
